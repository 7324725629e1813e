{{/* An image in the registry that stands in for all others. Arguments: list of values and image. */}}
{{- define "gatehouse.inRegistry" -}}
{{- $registry := (index . 0).global.imageRegistry -}}
{{- $image := index . 1 -}}
{{- if $registry -}}
{{- $first := regexFind "^[^/]+/" $image -}}
{{- if regexMatch "[.:]|^localhost/" $first -}}{{- $image = trimPrefix $first $image -}}{{- end -}}
{{- printf "%s/%s" (trimSuffix "/" $registry) $image -}}
{{- else -}}
{{- $image -}}
{{- end -}}
{{- end }}

{{- define "gatehouse.image" -}}
{{- $chosen := .Values.deployment.envoyGateway.image -}}
{{- $image := .Values.global.images.envoyGateway.image | default (printf "docker.io/gatehouse/gatehouse:%s" .Chart.AppVersion) -}}
{{- if $chosen.repository -}}
{{- $image = printf "%s:%s" $chosen.repository ($chosen.tag | default .Chart.AppVersion) -}}
{{- else if $chosen.tag -}}
{{- $image = printf "docker.io/gatehouse/gatehouse:%s" $chosen.tag -}}
{{- end -}}
{{- include "gatehouse.inRegistry" (list .Values $image) -}}
{{- end }}

{{- define "gatehouse.pullPolicy" -}}
{{- .Values.deployment.envoyGateway.imagePullPolicy | default .Values.global.images.envoyGateway.pullPolicy | default "IfNotPresent" -}}
{{- end }}

{{- define "gatehouse.pullSecrets" -}}
{{- $own := .Values.deployment.envoyGateway.imagePullSecrets | default .Values.global.images.envoyGateway.pullSecrets -}}
{{- with $own | default .Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What proxies run by default; empty: what the operator knows. */}}
{{- define "gatehouse.proxyImage" -}}
{{- $image := .Values.global.images.envoyProxy.image -}}
{{- if and (not $image) .Values.global.imageRegistry -}}
{{- $image = index .Chart.Annotations "gatehouse/envoy-image" -}}
{{- end -}}
{{- if $image }}{{ include "gatehouse.inRegistry" (list .Values $image) }}{{ end -}}
{{- end }}
