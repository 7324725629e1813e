import { hash } from 'node:crypto';

/** Names a content: 128 bits of its SHA-256. */
export const contentHash = (content: Uint8Array | string): string => hash('sha256', content, 'base64url').slice(0, 22);
