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

{{/* "true" where agents need CAP_SYS_ADMIN to open perf rings, or nothing. */}}
{{- define "network-monitor.restrictedPerfEvents" -}}
{{- $restricted := eq (toString .Values.agent.restrictedPerfEvents) "true" }}
{{- if eq (toString .Values.agent.restrictedPerfEvents) "auto" }}
{{- range (lookup "v1" "Node" "" "").items }}
{{- $restricted = or $restricted (regexMatch "Debian|Ubuntu" .status.nodeInfo.osImage) }}
{{- end }}
{{- end }}
{{- if $restricted }}true{{ end }}
{{- end }}

{{- define "network-monitor.agentGrpcPort" -}}50051{{- end }}
{{- define "network-monitor.agentHttpPort" -}}8080{{- end }}
{{- define "network-monitor.aggregatorGrpcPort" -}}50052{{- end }}
{{- define "network-monitor.aggregatorHttpPort" -}}8081{{- end }}

{{/* By REST: the kubelet's probe by gRPC knows no TLS, and one by HTTPS looks at no certificate. */}}
{{- define "network-monitor.healthCheck" -}}
httpGet:
  path: /health
  port: http
  {{- if not .root.Values.insecure }}
  scheme: HTTPS
  {{- end }}
{{- end }}

{{/* The name by which the other side knows a component; the first in its certificate. (dict "root" $ "component" "agent") */}}
{{- define "network-monitor.certificateName" -}}
{{ include "network-monitor.fullname" .root }}-{{ .component }}.{{ .root.Release.Namespace }}.svc
{{- end }}

{{- define "network-monitor.certificateNames" -}}
- {{ include "network-monitor.certificateName" . }}
- {{ include "network-monitor.certificateName" . }}.cluster.local
- {{ include "network-monitor.fullname" .root }}-{{ .component }}
- {{ include "network-monitor.fullname" .root }}-{{ .component }}.{{ .root.Release.Namespace }}
- localhost
{{- end }}

{{/* Where /metrics of a pod is, for a Prometheus without an operator. */}}
{{- define "network-monitor.scrapeAnnotations" -}}
prometheus.io/scrape: "true"
prometheus.io/path: /metrics
prometheus.io/port: {{ .port | quote }}
prometheus.io/scheme: {{ if .root.Values.insecure }}http{{ else }}https{{ end }}
{{- end }}

{{/* Who may read, as arguments. */}}
{{- define "network-monitor.access" -}}
{{- if .root.Values.insecure }}
- --insecure
{{- else }}
- --tls-certificate=/tls/tls.crt
- --tls-key=/tls/tls.key
- --tls-authority=/tls/ca.crt
- --open=health{{ if .root.Values.metrics.open }},metrics{{ end }}
{{- if eq .component "agent" }}
- --aggregator-name={{ include "network-monitor.certificateName" (dict "root" .root "component" "aggregator") }}
{{- else }}
- --agent-name={{ include "network-monitor.certificateName" (dict "root" .root "component" "agent") }}
{{- if .root.Values.readers.serviceAccounts }}
- --service-account-readers
{{- end }}
{{- if .root.Values.readers.secret }}
- --readers=/readers/readers.json
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The archive of the aggregator. */}}
{{- define "network-monitor.archive" -}}
{{- with .Values.clickhouse.url }}
- {{ printf "--clickhouse=%s" . | quote }}
{{- end }}
{{- if and .Values.clickhouse.url .Values.clickhouse.passwordSecret }}
- --clickhouse-password-file=/clickhouse/{{ .Values.clickhouse.passwordKey }}
{{- end }}
{{- if and .Values.clickhouse.url .Values.clickhouse.authorityConfigMap }}
- --clickhouse-authority=/clickhouse-authority/{{ .Values.clickhouse.authorityKey }}
{{- end }}
{{- end }}

{{- define "network-monitor.accessMounts" -}}
{{- if not .root.Values.insecure }}
- {name: tls, mountPath: /tls, readOnly: true}
{{- if and .root.Values.readers.secret (eq .component "aggregator") }}
- {name: readers, mountPath: /readers, readOnly: true}
{{- end }}
{{- end }}
{{- if and .root.Values.clickhouse.url .root.Values.clickhouse.passwordSecret (eq .component "aggregator") }}
- {name: clickhouse, mountPath: /clickhouse, readOnly: true}
{{- end }}
{{- if and .root.Values.clickhouse.url .root.Values.clickhouse.authorityConfigMap (eq .component "aggregator") }}
- {name: clickhouse-authority, mountPath: /clickhouse-authority, readOnly: true}
{{- end }}
{{- end }}

{{/* Readable by the program's user alone: root for the agent, its group for the aggregator. */}}
{{- define "network-monitor.accessVolumes" -}}
{{- if not .root.Values.insecure }}
- name: tls
  secret:
    secretName: {{ include "network-monitor.tlsSecret" . }}
    defaultMode: {{ ternary 256 288 (eq .component "agent") }} # {{ ternary "0400" "0440" (eq .component "agent") }}
{{- if and .root.Values.readers.secret (eq .component "aggregator") }}
- name: readers
  secret:
    secretName: {{ .root.Values.readers.secret }}
    defaultMode: 288 # 0440
{{- end }}
{{- end }}
{{- if and .root.Values.clickhouse.url .root.Values.clickhouse.passwordSecret (eq .component "aggregator") }}
- name: clickhouse
  secret:
    secretName: {{ .root.Values.clickhouse.passwordSecret }}
    defaultMode: 288 # 0440
{{- end }}
{{- if and .root.Values.clickhouse.url .root.Values.clickhouse.authorityConfigMap (eq .component "aggregator") }}
- name: clickhouse-authority
  configMap:
    name: {{ .root.Values.clickhouse.authorityConfigMap }}
{{- end }}
{{- end }}

{{- define "network-monitor.tlsSecret" -}}
{{- $own := get .root.Values.tls (printf "%sSecret" .component) }}
{{- if eq .root.Values.tls.source "secrets" }}
{{- required (printf "tls.%sSecret is needed with tls.source secrets" .component) $own }}
{{- else }}
{{- include "network-monitor.fullname" .root }}-{{ .component }}-tls
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
