/** An HTTPRoute of Gateway `gw`; `rules` are items of `spec.rules`, a line each. Without `host` it takes every host. */
export const httpRouteYaml = (name: string, rules: readonly string[], host?: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
${host === undefined ? '' : `  hostnames: [${host}]\n`}  rules:
${rules.map((rule) => `    - ${rule}\n`).join('')}`;

/** All requests go to `service`. */
export const routeToYaml = (service: string): string => httpRouteYaml('all', [`{ backendRefs: [{ name: ${service}, port: 8080 }] }`]);
