{{/* Where everything is installed. */}}
{{- define "gatehouse.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end }}

{{/* Of objects without a namespace: two releases may have one name. */}}
{{- define "gatehouse.clusterName" -}}
{{- printf "%s-%s" .Release.Name (include "gatehouse.namespace" .) | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* What never changes: selectors cannot. */}}
{{- define "gatehouse.selector" -}}
control-plane: envoy-gateway
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gatehouse.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where the proxies of a Gateway run: ControllerNamespace or GatewayNamespace. */}}
{{- define "gatehouse.deployType" -}}
{{- dig "kubernetes" "deploy" "type" "ControllerNamespace" (.Values.config.envoyGateway.provider | default dict) -}}
{{- end }}

{{/* Namespaces whose objects are read, a list as JSON; empty: all. The controller's own always belongs to them. */}}
{{- define "gatehouse.watchedNamespaces" -}}
{{- $provider := .Values.config.envoyGateway.provider | default dict -}}
{{- $watch := dig "kubernetes" "watch" dict $provider -}}
{{- $namespaces := list -}}
{{- if eq (dig "type" "" $watch) "Namespaces" -}}
{{- $namespaces = concat (list (include "gatehouse.namespace" .)) ($watch.namespaces | default list) | uniq -}}
{{- end -}}
{{- toJson $namespaces -}}
{{- end }}
