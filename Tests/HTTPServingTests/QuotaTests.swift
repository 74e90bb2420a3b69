import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct QuotaTests {
    @Test(
        arguments: [
            (Quota.requests("publish", most: 100, in: 60), 30, #""publish";q=100;w=60"#, #""publish";r=0;t=30"#),
            (.bytes("bytes", most: 65_536, in: 1), 2, #""bytes";q=65536;w=1;qu="content-bytes""#, #""bytes";r=0;t=2"#),
            (.concurrent("readers", most: 5), nil, #""readers";q=5;qu="concurrent-requests""#, #""readers";r=0"#),
        ] as [(Quota, Int?, String, String)])
    func `A quota is told by its name, its size and its unit, and that nothing is left`(
        quota: Quota, seconds: Int?, policy: String, left: String
    ) {
        let response = Problem(.tooManyRequests, "x", detail: "y", retryAfter: seconds, quota: quota).response
        #expect(response.headers["RateLimit-Policy"] == [policy])
        #expect(response.headers["RateLimit"] == [left])
    }
}
