{{/*
A Job that Helm runs, with rights of its own, and takes away again when it has succeeded. Arguments: a dict of root, name, hooks, args, rules
(in its namespace), clusterRules (may be empty), placeRules in further namespaces (places, may be absent) and settings (as certgen.job).
*/}}
{{- define "gatehouse.job" -}}
{{- $root := .root }}
{{- $namespace := include "gatehouse.namespace" $root }}
{{- $hook := dict "helm.sh/hook" .hooks "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" }}
{{- $first := merge (dict "helm.sh/hook-weight" "-2") $hook (.rbac.annotations | default dict) }}
{{- $role := dict "root" $root "account" .name "annotations" $first "labels" .rbac.labels }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ $namespace }}
  labels:
    {{- include "gatehouse.labels" $root | nindent 4 }}
    {{- with .rbac.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- toYaml $first | nindent 4 }}
{{- include "gatehouse.role" (merge (dict "name" .name "namespace" $namespace "rules" .rules) $role) }}
{{- range $place := .places }}
{{- include "gatehouse.role" (merge (dict "name" (printf "%s-%s" $.name $namespace | trunc 63 | trimSuffix "-") "namespace" $place "rules" $.placeRules) $role) }}
{{- end }}
{{- with .clusterRules }}
{{- include "gatehouse.role" (merge (dict "name" (printf "%s-%s" $.name $namespace | trunc 63 | trimSuffix "-") "rules" .) $role) }}
{{- end }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}
  namespace: {{ $namespace }}
  labels:
    {{- include "gatehouse.labels" $root | nindent 4 }}
  annotations:
    {{- merge (dict "helm.sh/hook-weight" "0") $hook (.settings.annotations | default dict) | toYaml | nindent 4 }}
spec:
  backoffLimit: 3
  {{- with .settings.ttlSecondsAfterFinished }}
  ttlSecondsAfterFinished: {{ . }}
  {{- end }}
  template:
    metadata:
      labels:
        app.kubernetes.io/component: {{ .component }}
        {{- include "gatehouse.labels" $root | nindent 8 }}
        {{- with dig "pod" "labels" dict .settings }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with dig "pod" "annotations" dict .settings }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ .name }}
      {{- include "gatehouse.pullSecrets" $root | nindent 6 }}
      {{- range $field := list "affinity" "nodeSelector" "tolerations" }}
      {{- with get $.settings $field }}
      {{ $field }}:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "gatehouse.image" $root }}
          imagePullPolicy: {{ include "gatehouse.pullPolicy" $root }}
          args:
            {{- toYaml .args | nindent 12 }}
          env:
            - name: ENVOY_GATEWAY_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            - name: KUBERNETES_CLUSTER_DOMAIN
              value: {{ $root.Values.kubernetesClusterDomain | quote }}
          {{- with .settings.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            {{- .settings.securityContext | default $root.Values.deployment.envoyGateway.securityContext | toYaml | nindent 12 }}
{{- end }}
