/** Names by which the bootstrap asks for what a proxy proves itself with and whom it trusts (contract D.4). */
export const XDS_CERTIFICATE = 'xds_certificate';
export const XDS_TRUSTED_CA = 'xds_trusted_ca';

/** The files of the folder that the secrets are read from. */
export const XDS_CERTIFICATE_FILE = 'xds-certificate.json';
export const XDS_TRUSTED_CA_FILE = 'xds-trusted-ca.json';

/** The name that the control plane's certificate carries (contract C.8). */
export const CONTROL_PLANE_NAME = 'envoy-gateway';

const SECRET = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

/**
 * The files by which Envoy reads its certificates from a folder, and reads them anew when the folder changes: data of a ConfigMap.
 * @param certificateFolder holds `tls.crt`, `tls.key` and `ca.crt`, as a mounted Secret does
 */
export const sdsConfigMapData = (certificateFolder: string): Readonly<Record<string, string>> => {
  const file = (name: string) => ({ filename: `${certificateFolder}/${name}` });
  const watched = { watched_directory: { path: certificateFolder } };
  const resource = (name: string, secret: object): string => JSON.stringify({ resources: [{ '@type': SECRET, name, ...secret }] });
  return {
    [XDS_CERTIFICATE_FILE]: resource(XDS_CERTIFICATE, {
      tls_certificate: { certificate_chain: file('tls.crt'), private_key: file('tls.key'), ...watched },
    }),
    [XDS_TRUSTED_CA_FILE]: resource(XDS_TRUSTED_CA, {
      validation_context: {
        trusted_ca: file('ca.crt'),
        match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: CONTROL_PLANE_NAME } }],
        ...watched,
      },
    }),
  };
};
