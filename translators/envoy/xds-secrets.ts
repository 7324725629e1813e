/** Names by which the bootstrap asks for what a proxy proves itself with and whom it trusts (contract D.4). */
export const XDS_CERTIFICATE = 'xds_certificate';
export const XDS_TRUSTED_CA = 'xds_trusted_ca';
export const XDS_TOKEN = 'xds_service_account_token';

/** The files of the folder that the secrets are read from. */
export const XDS_CERTIFICATE_FILE = 'xds-certificate.json';
export const XDS_TRUSTED_CA_FILE = 'xds-trusted-ca.json';
/** Its name has underscores where the others have hyphens (contract C.4). */
export const XDS_TOKEN_SECRET_FILE = 'xds_service_account_token.json';

/** Where a proxy that proves itself by the token of its ServiceAccount has it: the path of a projected volume (contract C.4). */
export const XDS_TOKEN_FILE = '/var/run/secrets/token/sa-token';

/** The name that the control plane's certificate carries (contract C.8). */
export const CONTROL_PLANE_NAME = 'envoy-gateway';

const SECRET = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

/**
 * The files by which Envoy reads its certificates from a folder, and reads them anew when the folder changes: data of a ConfigMap.
 * @param certificateFolder holds `tls.crt`, `tls.key` and `ca.crt`, as a mounted Secret does
 */
export const sdsConfigMapData = (certificateFolder: string): Readonly<Record<string, string>> => {
  const file = (name: string) => ({ filename: `${certificateFolder}/${name}` });
  return {
    [XDS_CERTIFICATE_FILE]: resource(XDS_CERTIFICATE, {
      tls_certificate: {
        certificate_chain: file('tls.crt'),
        private_key: file('tls.key'),
        watched_directory: { path: certificateFolder },
      },
    }),
    [XDS_TRUSTED_CA_FILE]: trustedCa(certificateFolder),
  };
};

/**
 * The same for a proxy that proves itself by a token: Envoy reads it anew too when its folder changes.
 * @param certificateFolder holds `ca.crt`, as a mounted ConfigMap does
 * @param tokenPath the token, and nothing else, in a folder of its own
 */
export const sdsTokenConfigMapData = (certificateFolder: string, tokenPath: string): Readonly<Record<string, string>> => ({
  [XDS_TRUSTED_CA_FILE]: trustedCa(certificateFolder),
  [XDS_TOKEN_SECRET_FILE]: resource(XDS_TOKEN, { generic_secret: { secret: { filename: tokenPath } } }),
});

const resource = (name: string, secret: object): string => JSON.stringify({ resources: [{ '@type': SECRET, name, ...secret }] });

const trustedCa = (folder: string): string =>
  resource(XDS_TRUSTED_CA, {
    validation_context: {
      trusted_ca: { filename: `${folder}/ca.crt` },
      match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: CONTROL_PLANE_NAME } }],
      watched_directory: { path: folder },
    },
  });
