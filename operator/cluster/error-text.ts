/** What an error says; also of those that come from another realm or were never Errors. */
export const errorText = (error: unknown): string => {
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  return message === '' ? 'no further word' : message;
};

/** Node's code of an error (`ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`), else empty. */
export const errorCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
