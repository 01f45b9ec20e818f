import { credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { service } from 'grpc-health-check'
import { readProcessConfig } from '../config.ts'

const TIMEOUT_MILLISECONDS = 4_000

// Exits with 0 if the server that has this environment is ready, by gRPC's health protocol: for containers. The certificate is
// not checked, because the call stays on this machine; a server that requires client certificates refuses it.
const { grpcAddress, tls } = readProcessConfig()
const Health = makeGenericClientConstructor(service, 'Health')
const client = new Health(
  grpcAddress.replace(/^0\.0\.0\.0:/, '127.0.0.1:'),
  tls === undefined
    ? credentials.createInsecure()
    : credentials.createSsl(null, null, null, { rejectUnauthorized: false }),
)
client['check']?.(
  { service: '' },
  { deadline: Date.now() + TIMEOUT_MILLISECONDS },
  (error: ServiceError | null, response?: { readonly status: string }) => {
    client.close()
    console.log(error?.message ?? response?.status)
    process.exitCode = response?.status === 'SERVING' ? 0 : 1
  },
)
