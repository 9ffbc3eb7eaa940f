{{- define "vigie.name" -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- end }}

{{- define "vigie.selector" -}}
app.kubernetes.io/name: vigie
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "vigie.labels" -}}
{{ include "vigie.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* What all pods have: nothing of the image can be written, and nobody is root. */}}
{{- define "vigie.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false # they would be variables VIGIE_..., as settings are
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: home
    persistentVolumeClaim:
      claimName: {{ .Values.volume.claim | default (include "vigie.name" .) }}
  - name: tmp
    emptyDir: { sizeLimit: 4Gi }
  {{- if .Values.secrets.toml }}
  - name: toml
    secret:
      secretName: {{ .Values.secrets.toml }}
      defaultMode: 0440
  {{- end }}
{{- end }}

{{- define "vigie.container" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
env:
  - name: HOME # caches of libraries
    value: /tmp
  - name: OMP_NUM_THREADS
    value: {{ .Values.threads | quote }}
  - name: VIGIE_HOME
    value: /var/lib/vigie
  - name: VIGIE_LOG_FILE # stdout alone: several pods share the home
    value: "false"
  - name: VIGIE_WORKERS
    value: {{ .Values.workers | quote }}
  - name: POD_IP
    valueFrom:
      fieldRef: { fieldPath: status.podIP }
  - name: VIGIE_ALLOWED_HOSTS # probes, load balancers' checks and Prometheus ask by the address of the pod
    value: {{ append .Values.hosts "$(POD_IP)" | join " " | quote }}
  - name: VIGIE_DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ .Values.database.secret }}
        key: {{ .Values.database.key }}
  {{- with .Values.login.claim }}
  - name: VIGIE_ROLE_CLAIM
    value: {{ . | quote }}
  {{- end }}
  {{- range $role := list "admins" "analysts" "viewers" }}
  {{- with index $.Values.login $role }}
  - name: VIGIE_{{ upper $role }}
    value: {{ join "," . | quote }}
  {{- end }}
  {{- end }}
  {{- range $name, $value := .Values.settings }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
{{- with .Values.secrets.environment }}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
volumeMounts:
  - name: home
    mountPath: /var/lib/vigie
  - name: tmp
    mountPath: /tmp
  {{- if .Values.secrets.toml }}
  - name: toml
    mountPath: /vigie/.streamlit/secrets.toml
    subPath: secrets.toml
    readOnly: true
  {{- end }}
{{- end }}

{{/* How each controller is told to keep a browser with the pod that has its session, and a websocket open. */}}
{{- define "vigie.ingress" -}}
{{- $body := printf "%sm" (get .Values.settings "VIGIE_UPLOAD_LIMIT_MB" | default "200") -}}
{{- if eq .Values.ingress.controller "nginx" }}
nginx.ingress.kubernetes.io/affinity: cookie
nginx.ingress.kubernetes.io/affinity-mode: persistent
nginx.ingress.kubernetes.io/session-cookie-name: vigie_pod
nginx.ingress.kubernetes.io/session-cookie-samesite: Lax
nginx.ingress.kubernetes.io/session-cookie-change-on-failure: "true"
nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"
nginx.ingress.kubernetes.io/proxy-body-size: {{ $body }}
{{- else if eq .Values.ingress.controller "haproxy" }}
haproxy.org/cookie-persistence: vigie_pod
{{- else if eq .Values.ingress.controller "alb" }}
alb.ingress.kubernetes.io/target-type: ip
alb.ingress.kubernetes.io/healthcheck-path: /_stcore/health
alb.ingress.kubernetes.io/target-group-attributes: stickiness.enabled=true,stickiness.type=lb_cookie,stickiness.lb_cookie.duration_seconds=86400,deregistration_delay.timeout_seconds=30
alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=3600
{{- else if eq .Values.ingress.controller "appgw" }}
appgw.ingress.kubernetes.io/cookie-based-affinity: "true"
appgw.ingress.kubernetes.io/request-timeout: "3600"
appgw.ingress.kubernetes.io/connection-draining: "true"
appgw.ingress.kubernetes.io/connection-draining-timeout: "30"
appgw.ingress.kubernetes.io/health-probe-path: /_stcore/health
appgw.ingress.kubernetes.io/health-probe-port: "8501"
{{- end }}
{{- end }}
