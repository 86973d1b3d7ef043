{{/* Monitors of the user's own: what of agent.monitors becomes arguments, mounts and volumes of the agent. */}}

{{/* Which of the sources is given: configMap, files, image; empty for none. */}}
{{- define "network-monitor.monitorsSource" -}}
{{- $monitors := .Values.agent.monitors }}
{{- $given := list }}
{{- if $monitors.configMap }}{{ $given = append $given "configMap" }}{{ end }}
{{- if $monitors.files }}{{ $given = append $given "files" }}{{ end }}
{{- if $monitors.image.reference }}{{ $given = append $given "image" }}{{ end }}
{{- if gt (len $given) 1 }}
{{- fail (printf "agent.monitors has %s: give one of them" (join " and " $given)) }}
{{- end }}
{{- if and (has "image" $given) (semverCompare "<1.31-0" .Capabilities.KubeVersion.Version) }}
{{- fail (printf "agent.monitors.image needs Kubernetes 1.31 with image volumes, and this is %s: use configMap" .Capabilities.KubeVersion.Version) }}
{{- end }}
{{- join "" $given }}
{{- end }}

{{- define "network-monitor.monitorsConfigMap" -}}
{{ include "network-monitor.fullname" . }}-monitors
{{- end }}

{{- define "network-monitor.monitorsArguments" -}}
{{- if include "network-monitor.monitorsSource" . }}
- --monitors-folder=/monitors
{{- if .Values.agent.monitors.keySecret }}
- {{ printf "--monitors-key=/monitors-key/%s" .Values.agent.monitors.key | quote }}
{{- end }}
{{- with .Values.agent.monitors.allow }}
- {{ printf "--monitors-allow=%s" (join "," .) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "network-monitor.monitorsMounts" -}}
{{- if include "network-monitor.monitorsSource" . }}
- {name: monitors, mountPath: /monitors, readOnly: true}
- {name: tracing, mountPath: /sys/kernel/tracing, readOnly: true}
{{- if .Values.agent.monitors.keySecret }}
- {name: monitors-key, mountPath: /monitors-key, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "network-monitor.monitorsVolumes" -}}
{{- with include "network-monitor.monitorsSource" . }}
- name: monitors
{{- if eq . "image" }}
  image:
    {{- toYaml $.Values.agent.monitors.image | nindent 4 }}
{{- else }}
  configMap:
    name: {{ if eq . "files" }}{{ include "network-monitor.monitorsConfigMap" $ }}{{ else }}{{ $.Values.agent.monitors.configMap }}{{ end }}
    # The agent loads nothing that others than root can change.
    defaultMode: 292 # 0444
{{- end }}
# The numbers of tracepoints and kprobes, which programs of such sections attach by.
- name: tracing
  hostPath: {path: /sys/kernel/tracing, type: Directory}
{{- if $.Values.agent.monitors.keySecret }}
- name: monitors-key
  secret:
    secretName: {{ $.Values.agent.monitors.keySecret }}
    defaultMode: 256 # 0400
{{- end }}
{{- end }}
{{- end }}
