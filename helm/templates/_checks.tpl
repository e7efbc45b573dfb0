{{/* What a JSON schema cannot say: values that contradict one another. All that is wrong is told at once. */}}
{{- define "konomi.checks" -}}
{{- $wrong := list -}}
{{- with .Values.autoscaling }}{{ if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
  {{- $wrong = append $wrong (printf "autoscaling.minReplicas (%d) is above autoscaling.maxReplicas (%d)" (int .minReplicas) (int .maxReplicas)) -}}
{{- end }}{{ end -}}
{{- /* The service lets what is under way end for 20 s, and then writes what waits. */}}
{{- with .Values.serve }}{{ if gt (add (int .drainSeconds) 30) (int .terminationGracePeriodSeconds) -}}
  {{- $wrong = append $wrong (printf "serve.drainSeconds (%d) leaves nothing of serve.terminationGracePeriodSeconds (%d): what is under way takes up to 30 s more" (int .drainSeconds) (int .terminationGracePeriodSeconds)) -}}
{{- end }}{{ end -}}
{{- if and .Values.artefacts.url .Values.artefacts.existingClaim -}}
  {{- $wrong = append $wrong "artefacts.url and artefacts.existingClaim both say where the artefacts are: set one" -}}
{{- end -}}
{{- if and .Values.auth.issuer (not .Values.auth.audience) -}}
  {{- $wrong = append $wrong "auth.issuer gives tokens to many services: set auth.audience to this one's" -}}
{{- end -}}
{{- $claim := include "konomi.stateClaim" . -}}
{{- if and (not $claim) (not .Values.artefacts.url) (not .Values.artefacts.existingClaim) -}}
  {{- $wrong = append $wrong "without a state claim the artefacts need a place that the pods share: set artefacts.url or artefacts.existingClaim" -}}
{{- end -}}
{{- if .Values.embedded -}}
  {{- if or (ne (int .Values.replicas) 1) .Values.autoscaling.enabled -}}
    {{- $wrong = append $wrong "embedded keeps its state in SQLite files, which serve one pod: set replicas to 1 and leave autoscaling off, or set embedded to false" -}}
  {{- end -}}
  {{- if not $claim -}}
    {{- $wrong = append $wrong "embedded loses everything with its pod without a claim: set state.create or state.existingClaim" -}}
  {{- end -}}
{{- else -}}
  {{- if not .Values.database.existingSecret -}}
    {{- $wrong = append $wrong "database.existingSecret must name the secret with the database's password or URL" -}}
  {{- end -}}
  {{- if and (hasPrefix "verify-" .Values.database.sslMode) (not .Values.database.caSecret) -}}
    {{- $wrong = append $wrong (printf "database.sslMode %s needs database.caSecret" .Values.database.sslMode) -}}
  {{- end -}}
  {{- if and .Values.redis.urlKey (not .Values.redis.existingSecret) -}}
    {{- $wrong = append $wrong "redis.urlKey is a key of redis.existingSecret, which is empty" -}}
  {{- end -}}
  {{- if not .Values.security.existingSecret -}}
    {{- $wrong = append $wrong "security.existingSecret must name the secret with the signing keys and the privacy key, which all replicas share" -}}
  {{- end -}}
{{- end -}}
{{- $owned := dict
  "KONOMI_STATE__DIR" "nothing: the chart mounts it"
  "KONOMI_DATABASE__URL" "database" "KONOMI_FEATURES__ONLINE" "redis" "KONOMI_ARTEFACTS__URL" "artefacts"
  "KONOMI_SHOP__TIME_ZONE" "shop.timeZone" "KONOMI_SHOP__CURRENCY" "shop.currency" "KONOMI_SHOP__LANGUAGES" "shop.languages"
  "KONOMI_SECURITY__SIGNING_KEYS" "security" "KONOMI_SECURITY__PRIVACY_KEY" "security" "KONOMI_AUTH__ISSUER" "auth.issuer" "KONOMI_AUTH__AUDIENCE" "auth.audience"
  "KONOMI_HTTP__ALLOWED_ORIGINS" "http.allowedOrigins"
  "KONOMI_HTTP__TRUSTED_PROXIES" "http.trustedProxies" "KONOMI_HTTP__GRAPHIQL" "http.graphiql"
  "KONOMI_HTTP__INTROSPECTION" "http.introspection" -}}
{{- range $name := concat (keys .Values.settings) (keys .Values.secretSettings) | sortAlpha -}}
  {{- if hasKey $owned $name -}}
    {{- $wrong = append $wrong (printf "%s is not set here; use %s" $name (get $owned $name)) -}}
  {{- end -}}
  {{- if and (hasKey $.Values.settings $name) (hasKey $.Values.secretSettings $name) -}}
    {{- $wrong = append $wrong (printf "%s stands in both settings and secretSettings" $name) -}}
  {{- end -}}
{{- end -}}
{{- if $wrong -}}
  {{- fail (printf "\nkonomi's values contradict one another:\n  - %s" (join "\n  - " (uniq $wrong))) -}}
{{- end -}}
{{- end }}
