# The operator's image, for every platform that the base image is made for: `docker buildx build --platform linux/amd64,linux/arm64 .`
# On machines that can pull nothing, `make images` puts the same files into an archive.

# Nothing in the result depends on the processor, so it is built once, on that of the machine at hand.
FROM --platform=$BUILDPLATFORM docker.io/library/node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# The Node that the packages bring along is not needed: this image is one.
RUN npm ci --ignore-scripts
COPY . .
RUN node xds/proto/generate.ts && node e2e/images/lay-out.ts /image

FROM gcr.io/distroless/nodejs24-debian12:nonroot
COPY --from=build /image/ /
ENV PATH=/usr/local/bin:/usr/bin:/bin:/nodejs/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt NODE_ENV=production
WORKDIR /
USER 65532:65532
EXPOSE 8081 9443 18000 19001
ENTRYPOINT ["/usr/local/bin/gatehouse"]
