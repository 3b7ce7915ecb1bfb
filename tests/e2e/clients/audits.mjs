// The server audits of graphql-http (the specification GraphQL over HTTP): one line of JSON for each.
import { serverAudits } from 'graphql-http'

const authorization = `Bearer ${process.env.REGULARS_KEY}`
const fetchFn = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, authorization } })

for (const audit of serverAudits({ url: process.env.REGULARS_URL, fetchFn })) {
  const { id, name, status, reason } = await audit.fn()
  console.log(JSON.stringify({ id, name, status, reason }))
}
