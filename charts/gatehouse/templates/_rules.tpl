{{/*
What the operator asks the API server for (operator/needed-rights.ts; a test holds both equal). Objects in namespaces: bound in the whole cluster,
or in each namespace that is watched.
*/}}
{{- define "gatehouse.rules.input" -}}
- apiGroups: [gateway.networking.k8s.io]
  resources: [backendtlspolicies, gateways, listenersets, httproutes, grpcroutes, tlsroutes, tcproutes, udproutes, referencegrants]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.x-k8s.io]
  resources: [xbackends, xbackendtrafficpolicies, xtelemetrypolicies]
  verbs: [get, list, watch]
- apiGroups: [gateway.envoyproxy.io]
  resources: [envoyproxies]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [backendtlspolicies/status, gateways/status, listenersets/status, httproutes/status, grpcroutes/status, tlsroutes/status, tcproutes/status, udproutes/status]
  verbs: [patch]
- apiGroups: [gateway.networking.x-k8s.io]
  resources: [xbackends/status, xbackendtrafficpolicies/status, xtelemetrypolicies/status]
  verbs: [patch]
- apiGroups: [gateway.envoyproxy.io]
  resources: [envoyproxies/status]
  verbs: [patch]
# Pods of namespaces in which XBackends select some, and of no others.
- apiGroups: [""]
  resources: [services, secrets, configmaps, pods]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [multicluster.x-k8s.io]
  resources: [serviceimports]
  verbs: [get, list, watch]
{{- end }}

{{- define "gatehouse.rules.events" -}}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* Objects without a namespace. */}}
{{- define "gatehouse.rules.cluster" -}}
# patch: the finalizer that keeps a class as long as Gateways use it.
- apiGroups: [gateway.networking.k8s.io]
  resources: [gatewayclasses]
  verbs: [get, list, watch, patch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gatewayclasses/status]
  verbs: [patch]
- apiGroups: [certificates.k8s.io]
  resources: [clustertrustbundles]
  verbs: [get, list, watch]
# Names, since kinds may be installed later, and of XBackend which version it is.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: [get, list, watch]
# The addresses of Gateways whose Service is of type NodePort, the zones of proxies, and the cloud that is asked for addresses by names.
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
{{- end }}

{{/* What proxies are made of, where they run. */}}
{{- define "gatehouse.rules.infrastructure" -}}
- apiGroups: [""]
  resources: [serviceaccounts, configmaps, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments, daemonsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# On which nodes proxies run, and which pods are to be told their zone.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
{{- end }}

{{/* Whether proxies are who they say, where they have no certificate. */}}
{{- define "gatehouse.rules.tokens" -}}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
{{- end }}

{{- define "gatehouse.rules.election" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [5b9825d2.gateway.envoyproxy.io]
  verbs: [get, patch]
{{- end }}

{{/* What `gatehouse cleanup` asks for wherever proxies are. */}}
{{- define "gatehouse.rules.cleanup.proxies" -}}
- apiGroups: [""]
  resources: [serviceaccounts, configmaps, services]
  verbs: [list, delete]
- apiGroups: [apps]
  resources: [deployments, daemonsets]
  verbs: [list, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [list, delete]
{{- end }}

{{/* What `gatehouse cleanup` asks for, where the controller was. */}}
{{- define "gatehouse.rules.cleanup" -}}
{{ include "gatehouse.rules.cleanup.proxies" . }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [envoy-gateway, envoy, envoy-rate-limit, envoy-oidc-hmac]
  verbs: [get, delete]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [5b9825d2.gateway.envoyproxy.io]
  verbs: [delete]
{{- end }}

{{- define "gatehouse.rules.cleanup.cluster" -}}
- apiGroups: [gateway.networking.k8s.io]
  resources: [gatewayclasses]
  verbs: [list, patch]
{{- end }}
