import Testing

@testable import HTTPServing

@Suite struct HTTPDateParsingTests {
    /// The examples of RFC 9110, section 5.6.7.
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func `All three forms of a date are understood`(_ text: String) {
        #expect(HTTPDate.second(text) == 784_111_777)
    }

    @Test(arguments: [0, 1, 951_782_400, 951_868_799, 1_709_164_800, 1_795_343_187, 4_102_444_800, 253_402_300_799])
    func `A date that was written is read again`(_ second: Int) {
        #expect(HTTPDate.second(HTTPDate.text(second)) == second)
    }

    @Test(arguments: [("68", 2068), ("00", 2000), ("69", 1969), ("99", 1999)])
    func `A year of two digits is between 1969 and 2068`(_ short: String, _ year: Int) {
        let second = HTTPDate.second("Sunday, 06-Nov-\(short) 08:49:37 GMT")
        #expect(second != nil && second == HTTPDate.second("Sun, 06 Nov \(year) 08:49:37 GMT"))
    }

    @Test(arguments: [
        "", "0", "now", "784111777", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 19944 08:49:37 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 0x6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT GMT", "1994-11-06T08:49:37Z",
    ])
    func `What is no date is none`(_ text: String) {
        #expect(HTTPDate.second(text) == nil)
    }
}
