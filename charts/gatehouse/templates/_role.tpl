{{/*
A role and who has it. Arguments: a dict of root, name, rules (YAML), and namespace where it holds in one, account (default: the operator's) and
annotations.
*/}}
{{- define "gatehouse.role" -}}
{{- $prefix := ternary "" "Cluster" (hasKey . "namespace") }}
{{- range $kind := list "Role" "RoleBinding" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $prefix }}{{ $kind }}
metadata:
  name: {{ $.name }}
  {{- with $.namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "gatehouse.labels" $.root | nindent 4 }}
    {{- with $.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if eq $kind "Role" }}
rules:
  {{- $.rules | nindent 2 }}
{{- else }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $prefix }}Role
  name: {{ $.name }}
subjects:
  - kind: ServiceAccount
    name: {{ $.account | default "envoy-gateway" }}
    namespace: {{ include "gatehouse.namespace" $.root }}
{{- end }}
{{- end }}
{{- end }}
