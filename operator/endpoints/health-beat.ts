import type { EndpointAddress } from './bound-server.ts';

/** How often the main thread says that it is alive. */
export const BEAT_MS = 1000;

/** Where to serve, and after how many silent beats the main thread counts as stuck. */
export interface Given extends EndpointAddress {
  readonly stuckBeats: number;
}

/** To the worker. */
export interface Beat {
  readonly notReadyBecause: string | undefined;
}

/** From the worker. */
export type Started = { readonly port: number } | { readonly code: string };
