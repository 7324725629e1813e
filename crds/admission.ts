/** What is wrong with an object, and where; `path` as people write it, `message` what is wrong and what is right. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** An object that may enter, completed, or what has to be mended first. */
export type Admission<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly FieldError[] };
