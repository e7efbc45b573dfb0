{{/* What every pod of the chart has in common; the restricted pod security standard. */}}
{{- define "konomi.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with concat (.Values.imagePullSecrets | default list) ((.Values.global).imagePullSecrets | default list) | uniq }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "konomi.container" -}}
image: {{ include "konomi.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "konomi.scheduling" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "konomi.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 2Gi
- name: state
  {{- with include "konomi.stateClaim" . }}
  persistentVolumeClaim:
    claimName: {{ . }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .Values.state.size }}
  {{- end }}
{{- with .Values.artefacts.existingClaim }}
- name: artefacts
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- include "konomi.databaseCa" (dict "root" . "part" "volume") }}
{{- end }}

{{/* Takes a dict of root, writes and trains: jobs write the state, those that train the artefacts; the service reads. */}}
{{- define "konomi.mounts" -}}
- name: tmp
  mountPath: /tmp
- name: state
  mountPath: /var/lib/konomi
  {{- if and (not .writes) (include "konomi.stateClaim" .root) }}
  readOnly: true
  {{- end }}
{{- if .root.Values.artefacts.existingClaim }}
- name: artefacts
  mountPath: /var/lib/konomi-artefacts
  {{- if not .trains }}
  readOnly: true
  {{- end }}
{{- end }}
{{- include "konomi.databaseCa" (dict "root" .root "part" "mount") }}
{{- end }}

{{- define "konomi.databaseCa" -}}
{{- if and .root.Values.database.caSecret (not .root.Values.embedded) }}
{{- if eq .part "mount" }}
- name: database-ca
  mountPath: /etc/konomi/database
  readOnly: true
{{- else }}
- name: database-ca
  secret:
    secretName: {{ .root.Values.database.caSecret }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end }}
{{- end }}
