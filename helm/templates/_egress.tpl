{{/* What the service and its jobs reach: names, the database, Redis, and the ports that values list. */}}
{{- define "konomi.egress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
    {{- $ports := .Values.networkPolicy.egressPorts }}
    {{- if not .Values.embedded }}
    {{- $ports = concat (list .Values.database.port .Values.redis.port) $ports }}
    {{- end }}
    {{- range $ports | uniq }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end }}
