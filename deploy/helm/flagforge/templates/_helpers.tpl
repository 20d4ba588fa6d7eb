{{- define "flagforge.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "flagforge.secret" -}}
{{ .Values.secret.existing | default (printf "%s-secret" (include "flagforge.name" .)) }}
{{- end }}

{{- define "flagforge.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{ .Values.image.repository }}{{ if hasPrefix "sha256:" $tag }}@{{ else }}:{{ end }}{{ $tag }}
{{- end }}

{{/* Of one part: (dict "top" $ "part" "web"). */}}
{{- define "flagforge.selector" -}}
app.kubernetes.io/name: flagforge
app.kubernetes.io/instance: {{ .top.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "flagforge.labels" -}}
{{ include "flagforge.selector" . }}
app.kubernetes.io/version: {{ .top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .top.Release.Service }}
helm.sh/chart: {{ .top.Chart.Name }}-{{ .top.Chart.Version }}
{{- end }}

{{- define "flagforge.pod-security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "flagforge.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "flagforge.volumes" -}}
volumes:
  - { name: data, emptyDir: {} }
  - { name: tmp, emptyDir: {} }
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- end }}

{{- define "flagforge.mounts" -}}
- { name: data, mountPath: /data }
- { name: tmp, mountPath: /tmp }
{{- end }}

{{/* A variable from the Secret: (dict "top" $ "name" "REDIS_URL" "key" "WORKER_REDIS_URL"). */}}
{{- define "flagforge.from-secret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: { name: {{ include "flagforge.secret" .top }}, key: {{ .key | default .name }}{{ if .optional }}, optional: true{{ end }} }
{{- end }}

{{- define "flagforge.traces-env" -}}
{{- if .top.Values.traces.endpoint -}}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .top.Values.traces.endpoint | quote }} }
- { name: OTEL_TRACES_SAMPLER, value: {{ .top.Values.traces.sampler | quote }} }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ .top.Values.traces.samplerArg | quote }} }
{{ include "flagforge.from-secret" (dict "top" .top "name" "OTEL_EXPORTER_OTLP_HEADERS" "optional" true) }}
{{- end }}
{{- end }}

{{- define "flagforge.env" -}}
- { name: FLAGFORGE_HOSTS, value: {{ .top.Values.host | quote }} }
- { name: FLAGFORGE_PUBLIC_URL, value: {{ printf "https://%s" .top.Values.host | quote }} }
- { name: FLAGFORGE_RELAY_PUBLIC_URL, value: {{ printf "https://%s" .top.Values.host | quote }} }
- { name: FORWARDED_ALLOW_IPS, value: {{ .top.Values.proxies | quote }} }
- { name: FLAGFORGE_METRICS_PORT, value: "9464" }
{{ include "flagforge.from-secret" (dict "top" .top "name" "FLAGFORGE_SECRET_KEY") }}
{{ include "flagforge.from-secret" (dict "top" .top "name" "FLAGFORGE_ENVELOPE_KEY") }}
{{ include "flagforge.from-secret" (dict "top" .top "name" "STORAGE_URL" "optional" true) }}
{{ include "flagforge.from-secret" (dict "top" .top "name" "DATABASE_URL" "key" .database) }}
{{ include "flagforge.from-secret" (dict "top" .top "name" "REDIS_URL" "key" .redis) }}
{{- with include "flagforge.traces-env" . }}
{{ . }}
{{- end }}
{{- with .top.Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "flagforge.relay-env" -}}
- { name: FLAGFORGE_RELAY_UPSTREAM, value: "http://{{ include "flagforge.name" .top }}-stream:8000" }
- { name: FLAGFORGE_RELAY_STORE, value: /data/relay }
- { name: FORWARDED_ALLOW_IPS, value: {{ .top.Values.proxies | quote }} }
- { name: FLAGFORGE_METRICS_PORT, value: "9464" }
{{ include "flagforge.from-secret" (dict "top" .top "name" "FLAGFORGE_RELAY_KEY") }}
{{- with include "flagforge.traces-env" . }}
{{ . }}
{{- end }}
{{- end }}
