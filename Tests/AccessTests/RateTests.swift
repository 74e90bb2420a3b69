import Access
import Testing

@Suite struct RateTests {
    @Test(arguments: ["50/s", "10/m", "1/h", "1000000000/s"])
    func `A rate is written as it is read`(text: String) {
        #expect(Rate(text)?.description == text)
    }

    @Test(arguments: [
        "", "/", "50", "50/", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "50/d", "50/S", "50/s/s", " 50/s", "50 / s",
        "1000000001/s", "99999999999999999999/s",
    ])
    func `What is no rate is refused`(text: String) {
        #expect(Rate(text) == nil)
    }
}
