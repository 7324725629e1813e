import { envoyVersion } from './standalone/binaries/envoy-tool.ts';

/** The Envoy that proxies in a cluster run where nobody says otherwise (contract B.3): pinned to the version whose behaviour Gatehouse is tested with. */
export const ENVOY_IMAGE = `docker.io/envoyproxy/envoy:distroless-v${envoyVersion}`;

/** Gatehouse's own image: the operator, certgen and, beside each proxy, the shutdown manager. */
export const operatorImage = (version: string): string => `docker.io/gatehouse/gatehouse:${version}`;
