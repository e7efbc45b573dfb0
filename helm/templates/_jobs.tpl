{{/* What nightly jobs have in common: never two of one kind at once, an end, and no second try where the call is wrong. */}}

{{/* Takes a dict of root and job, the job's values. */}}
{{- define "konomi.cron" -}}
schedule: {{ .job.schedule | quote }}
timeZone: {{ .job.timeZone | default .root.Values.shop.timeZone | quote }}
suspend: {{ .job.suspend }}
concurrencyPolicy: Forbid
startingDeadlineSeconds: {{ .job.startingDeadlineSeconds }}
successfulJobsHistoryLimit: {{ .job.successfulJobsHistoryLimit }}
failedJobsHistoryLimit: {{ .job.failedJobsHistoryLimit }}
{{- end }}

{{- define "konomi.tries" -}}
activeDeadlineSeconds: {{ .activeDeadlineSeconds }}
backoffLimit: {{ .backoffLimit }}
podFailurePolicy:
  rules:
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: "True"
    # konomi exits 2 where the call itself is wrong: trying again cannot help.
    - action: FailJob
      onExitCodes:
        operator: In
        values: [2]
      # Empty, since the schema of Kubernetes 1.28 asks for it.
      onPodConditions: []
{{- end }}

{{/* Takes a dict of root and job. */}}
{{- define "konomi.jobAffinity" -}}
{{- $affinity := deepCopy .job.affinity }}
{{- if .root.Values.embedded }}
{{- /* A ReadWriteOnce volume is mounted on one node: the job goes where the service is. */}}
{{- $beside := dict "topologyKey" "kubernetes.io/hostname" "labelSelector"
      (dict "matchLabels" (include "konomi.selector" (dict "root" .root "component" "serve") | fromYaml)) }}
{{- $_ := set $affinity "podAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $beside)) }}
{{- end }}
{{- with $affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
