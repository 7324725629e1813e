/** One entry of an image: what `path` (absolute, in the image) holds. Directories above it need no entry of their own. */
export type ImageFile = { readonly path: string } & (
  | { readonly file: string } // of this machine; its executable bit is kept
  | { readonly text: string; readonly executable?: boolean }
  | { readonly link: string }
  | { readonly folder: true }
);

/** What every process in our images is started as: nobody, as distroless images know it. */
export const NONROOT = 65_532;

/** An image as it is to be. Layers are in the order in which they lie on each other: what changes least comes first. */
export interface ImageRecipe {
  /** With its registry and tag, for instance `docker.io/gatehouse/gatehouse:0.1.0`. */
  readonly name: string;
  readonly layers: readonly (readonly ImageFile[])[];
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly environment: readonly string[];
  /** Default: `NONROOT`. */
  readonly user?: number;
  readonly ports: readonly number[];
}
