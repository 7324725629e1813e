/** The code of a system error (ENOENT, EADDRINUSE, ...); undefined for anything else that was thrown. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What a thrown value says. */
export function errorText(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') return error.message;
  return String(error);
}

const PLAIN: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'a part of its path is no folder'],
  ['ELOOP', 'it is a symbolic link that leads back to itself'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a folder'],
]);

/** Why a file cannot be read, in words where the system has a code only. */
export const readErrorText = (error: unknown): string => PLAIN.get(errorCode(error) ?? '') ?? errorText(error);
