{{- define "network-monitor.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{/* At most 52: names of objects add up to eleven characters, and a label has 63. */}}
{{- define "network-monitor.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "network-monitor.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "network-monitor.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* The labels that never change: a Deployment's selector cannot. (dict "root" $ "component" "agent") */}}
{{- define "network-monitor.selector" -}}
app.kubernetes.io/name: {{ include "network-monitor.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "network-monitor.labels" -}}
{{ include "network-monitor.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: network-monitor
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of pods: without the versions, so that an upgrade of the chart alone restarts nothing. */}}
{{- define "network-monitor.podLabels" -}}
{{ include "network-monitor.selector" . }}
app.kubernetes.io/part-of: network-monitor
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* (dict "root" $ "image" .Values.agent.image) */}}
{{- define "network-monitor.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end }}
{{- end }}

{{/* Settings as arguments, lists with commas. */}}
{{- define "network-monitor.arguments" -}}
{{- range $name, $value := . }}
{{- if kindIs "slice" $value }}
- {{ printf "--%s=%s" $name (join "," $value) | quote }}
{{- else if kindIs "float64" $value }}
- {{ printf "--%s=%d" $name (int64 $value) | quote }}
{{- else if kindIs "bool" $value }}
{{- if $value }}
- {{ printf "--%s" $name | quote }}
{{- end }}
{{- else }}
- {{ printf "--%s=%s" $name (toString $value) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where the aggregator finds the agents: at the addresses of their headless Service. */}}
{{- define "network-monitor.discovery" -}}
- --agents-service={{ .Release.Namespace }}/{{ include "network-monitor.fullname" . }}-agent
{{- end }}

{{- define "network-monitor.agentGrpcPort" -}}50051{{- end }}
{{- define "network-monitor.agentHttpPort" -}}8080{{- end }}
{{- define "network-monitor.aggregatorGrpcPort" -}}50052{{- end }}
{{- define "network-monitor.aggregatorHttpPort" -}}8081{{- end }}

{{/* How the kubelet asks a program for its health: by gRPC where it can (1.24), else by REST. The answer is the same.
(dict "root" $ "grpcPort" ...) */}}
{{- define "network-monitor.healthCheck" -}}
{{- if semverCompare ">=1.24.0-0" .root.Capabilities.KubeVersion.Version }}
grpc:
  port: {{ .grpcPort }}
{{- else }}
httpGet:
  path: /health
  port: http
{{- end }}
{{- end }}

{{- define "network-monitor.probes" -}}
startupProbe:
  {{- include "network-monitor.healthCheck" . | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
readinessProbe:
  {{- include "network-monitor.healthCheck" . | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
# Unhealthy is what does not get better by itself; a program that works in part is degraded, which passes.
livenessProbe:
  {{- include "network-monitor.healthCheck" . | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{/* The environment of both: who and where this is. */}}
{{- define "network-monitor.environment" -}}
- name: NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
# Its sockets would need a writable /tmp.
- name: DOTNET_EnableDiagnostics
  value: "0"
{{- end }}

{{- define "network-monitor.priorityClassName" -}}
{{- $class := .Values.agent.priorityClass }}
{{- if $class.create }}
{{- default (printf "%s-agent" (include "network-monitor.fullname" .)) $class.name }}
{{- else }}
{{- $class.name }}
{{- end }}
{{- end }}
