# Builds what is published, then keeps only what runs.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY base/package.json base/
COPY contract/package.json contract/
COPY stores/objects/package.json stores/objects/
COPY stores/metadata/package.json stores/metadata/
COPY engines/jq/package.json engines/jq/
COPY engines/datasets/package.json engines/datasets/
COPY engines/tables/package.json engines/tables/
COPY platform/package.json platform/
COPY apps/server/package.json apps/server/
COPY apps/cli/package.json apps/cli/
COPY testing/package.json testing/
COPY bench/package.json bench/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev \
 && rm -rf node_modules/node-linux-* node_modules/.bin/node \
 && find base contract stores engines platform apps -name src -type d -prune -exec rm -rf {} + \
 && find base contract stores engines platform apps -name test -type d -prune -exec rm -rf {} +

FROM node:24-bookworm-slim
ENV NODE_ENV=production SUPER_DATA_HOME=/data SUPER_DATA_DATASETS_PATH=/data/datasets SUPER_DATA_HOST=0.0.0.0 SUPER_DATA_PUBLIC_URL=http://127.0.0.1:8080
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/base base
COPY --from=build /build/contract contract
COPY --from=build /build/stores stores
COPY --from=build /build/engines engines
COPY --from=build /build/platform platform
COPY --from=build /build/apps apps
RUN mkdir -p /data/datasets && chown -R node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "apps/cli/bin/super-data.js"]
CMD ["serve"]
