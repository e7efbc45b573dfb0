{{/*
Every resource is named after this. At most 42 characters, so that the longest suffix fits into the 52 of a CronJob;
a hash keeps apart what is cut. A Service's name has no dots and starts with a letter.
*/}}
{{- define "konomi.fullname" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name -}}
{{- $joined := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- $name := .Values.fullnameOverride | default $joined | replace "." "-" -}}
{{- if regexMatch "^[0-9]" $name }}{{ $name = printf "k-%s" $name }}{{ end -}}
{{- if gt (len $name) 42 -}}
{{- printf "%s-%s" ($name | trunc 33 | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end }}

{{/* What a selector matches; never changes in the life of a release. Takes a dict of root and component. */}}
{{- define "konomi.selector" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "konomi.labels" -}}
{{ include "konomi.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: konomi
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "konomi.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "konomi.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{- define "konomi.stateClaim" -}}
{{- if .Values.state.existingClaim -}}
{{- .Values.state.existingClaim -}}
{{- else if .Values.state.create -}}
{{- include "konomi.fullname" . }}-state
{{- end -}}
{{- end }}

{{- define "konomi.image" -}}
{{- $registry := (.Values.global).imageRegistry | default .Values.image.registry -}}
{{- $repository := ternary (printf "%s/%s" $registry .Values.image.repository) .Values.image.repository (ne $registry "") -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end }}
