{{/* The settings that are no secrets, as a YAML map of names to texts. */}}
{{- define "konomi.settings" -}}
KONOMI_STATE__DIR: /var/lib/konomi
KONOMI_SHOP__TIME_ZONE: {{ .Values.shop.timeZone | quote }}
KONOMI_SHOP__CURRENCY: {{ .Values.shop.currency | quote }}
KONOMI_SHOP__LANGUAGES: {{ join "," .Values.shop.languages | quote }}
{{- with .Values.auth.issuer }}
KONOMI_AUTH__ISSUER: {{ . | quote }}
{{- end }}
{{- with .Values.auth.audience }}
KONOMI_AUTH__AUDIENCE: {{ . | quote }}
{{- end }}
{{- with .Values.http.allowedOrigins }}
KONOMI_HTTP__ALLOWED_ORIGINS: {{ join "," . | quote }}
{{- end }}
{{- with .Values.http.trustedProxies }}
KONOMI_HTTP__TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
KONOMI_HTTP__GRAPHIQL: {{ .Values.http.graphiql | quote }}
KONOMI_HTTP__INTROSPECTION: {{ .Values.http.introspection | quote }}
{{- if .Values.artefacts.existingClaim }}
KONOMI_ARTEFACTS__URL: /var/lib/konomi-artefacts
{{- else if .Values.artefacts.url }}
KONOMI_ARTEFACTS__URL: {{ .Values.artefacts.url | quote }}
{{- end }}
{{- if not .Values.embedded }}
{{- with .Values.database }}
{{- if not .urlKey }}
KONOMI_DATABASE__URL: {{ printf "postgresql+psycopg://%s@%s:%d/%s?sslmode=%s%s" .user .host (int .port) .name .sslMode
  (ternary "&sslrootcert=/etc/konomi/database/ca.crt" "" (ne .caSecret "")) | quote }}
{{- end }}
{{- end }}
{{- if not .Values.redis.existingSecret }}
KONOMI_FEATURES__ONLINE: {{ include "konomi.redisUrl" . | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* With a password, Kubernetes puts it in when the container starts: it stands in no manifest. */}}
{{- define "konomi.redisUrl" -}}
{{- with .Values.redis -}}
{{- $login := ternary (printf "%s:$(REDIS_PASSWORD)@" .user) "" (ne .existingSecret "") -}}
{{- printf "%s://%s%s:%d" (ternary "rediss" "redis" .tls) $login .host (int .port) -}}
{{- end -}}
{{- end }}

{{- define "konomi.fromSecret" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}

{{/* libpq reads PGPASSWORD, so that a password need not be fit for a URL. */}}
{{- define "konomi.databaseEnv" -}}
{{- with .Values.database }}
{{- if .urlKey }}
{{ include "konomi.fromSecret" (dict "variable" "KONOMI_DATABASE__URL" "secret" .existingSecret "key" .urlKey) }}
{{- else }}
{{ include "konomi.fromSecret" (dict "variable" "PGPASSWORD" "secret" .existingSecret "key" .passwordKey) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "konomi.env" -}}
- name: HOME
  value: /tmp
- name: OMP_NUM_THREADS
  valueFrom:
    resourceFieldRef:
      resource: requests.cpu
{{- if not .Values.embedded }}
{{- include "konomi.databaseEnv" . }}
{{- with .Values.redis }}
{{- if .urlKey }}
{{ include "konomi.fromSecret" (dict "variable" "KONOMI_FEATURES__ONLINE" "secret" .existingSecret "key" .urlKey) }}
{{- else if .existingSecret }}
{{ include "konomi.fromSecret" (dict "variable" "REDIS_PASSWORD" "secret" .existingSecret "key" .passwordKey) }}
- name: KONOMI_FEATURES__ONLINE
  value: {{ include "konomi.redisUrl" $ | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.security }}
{{- if .existingSecret }}
{{ include "konomi.fromSecret" (dict "variable" "KONOMI_SECURITY__SIGNING_KEYS" "secret" .existingSecret "key" .signingKeysKey) }}
{{ include "konomi.fromSecret" (dict "variable" "KONOMI_SECURITY__PRIVACY_KEY" "secret" .existingSecret "key" .privacyKeyKey) }}
{{- end }}
{{- end }}
{{- range $name, $source := .Values.secretSettings }}
{{ include "konomi.fromSecret" (dict "variable" $name "secret" $source.name "key" $source.key) }}
{{- end }}
{{- end }}

{{- define "konomi.envFrom" -}}
- configMapRef:
    name: {{ include "konomi.fullname" . }}-settings
{{- with .Values.artefacts.credentialsSecret }}
- secretRef:
    name: {{ . }}
{{- end }}
{{- end }}
