using System.Net;
using JsonTranscoding.Tests.Hosting;

namespace JsonTranscoding.Tests.Http;

/// <summary>Query parameters set the fields of the request.</summary>
internal sealed class QueryTests
{
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [TestCase("text=a%20b+c", "text", "\"a b c\"")]
    [TestCase("text=%E2%82%AC", "text", "\"€\"")]
    [TestCase("text=", "text", "\"\"")]
    [TestCase("limit=5", "limit", "5")]
    [TestCase("limit=-2147483648", "limit", "-2147483648")]
    [TestCase("limit=1e3", "limit", "1000")]
    [TestCase("pid=1&pid=2", "pid", "[1,2]")]
    [TestCase("color=COLOR_RED", "color", "\"COLOR_RED\"")]
    [TestCase("color=-1", "color", "\"COLOR_INFRARED\"")]
    [TestCase("colors=COLOR_RED&colors=2", "colors", "[\"COLOR_RED\",\"COLOR_GREEN\"]")]
    [TestCase("flag=true", "flag", "true")]
    [TestCase("flag=True", "flag", "true")]
    [TestCase("ratio=-1.5e-3", "ratio", "-0.0015")]
    [TestCase("ratio=NaN", "ratio", "\"NaN\"")]
    [TestCase("small=0.1", "small", "0.1")]
    [TestCase("data=AAE%2B", "data", "\"AAE+\"")]
    [TestCase("data=AAE+", "data", "\"AAE+\"")]
    [TestCase("data=_-8", "data", "\"/+8=\"")]
    [TestCase("bigNumber=9007199254740993", "bigNumber", "9007199254740993")]
    [TestCase("big_number=9007199254740993", "bigNumber", "9007199254740993")]
    [TestCase("huge=18446744073709551615", "huge", "18446744073709551615")]
    [TestCase("maybe=false", "maybe", "false")]
    [TestCase("nested.name=x&nested.child.number=3", "nested", "{\"name\":\"x\",\"number\":0,\"child\":{\"name\":\"\",\"number\":3,\"tags\":[]},\"tags\":[]}")]
    [TestCase("nested.tags=a&nested.tags=b", "nested", "{\"name\":\"\",\"number\":0,\"tags\":[\"a\",\"b\"]}")]
    [TestCase("since=2024-05-17T09:30:00Z", "since", "\"2024-05-17T09:30:00Z\"")]
    [TestCase("since=2024-05-17T11:30:00.5%2B02:00", "since", "\"2024-05-17T09:30:00.500Z\"")]
    [TestCase("since=2024-05-17T11:30:00+02:00", "since", "\"2024-05-17T09:30:00Z\"")]
    [TestCase("times=2024-05-17T09:30:00Z&times=1970-01-01T00:00:00Z", "times", "[\"2024-05-17T09:30:00Z\",\"1970-01-01T00:00:00Z\"]")]
    [TestCase("delay=1.5s", "delay", "\"1.500s\"")]
    [TestCase("mask=title,big_number,nested.childName", "mask", "\"title,bigNumber,nested.childName\"")]
    [TestCase("count=0", "count", "0")]
    [TestCase("label=", "label", "\"\"")]
    [TestCase("sure=true", "sure", "true")]
    [TestCase("left=a", "left", "\"a\"")]
    [TestCase("k8s_pod=web", "k8s_pod", "\"web\"")]
    [TestCase("renamed=web", "k8s_pod", "\"web\"")]
    public async Task Query_Parameter_SetsField(string query, string field, string json)
    {
        var answer = await _server.GetJsonAsync($"/v1/query?{query}");

        Assert.That(answer[field]?.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), Is.EqualTo(json));
    }

    [TestCase("limit=abc", "limit", "abc", "a whole number from -2147483648 to 2147483647")]
    [TestCase("limit=", "limit", "''", "a whole number")]
    [TestCase("limit=2147483648", "limit", "2147483648", "2147483647")]
    [TestCase("limit=1.5", "limit", "1.5", "a whole number")]
    [TestCase("limit=%2B5", "limit", "+5", "a whole number")]
    [TestCase("pid=1&pid=-1", "pid", "-1", "a whole number from 0 to 4294967295")]
    [TestCase("color=PINK", "color", "PINK", "COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN")]
    [TestCase("color=17", "color", "17", "COLOR_RED")]
    [TestCase("flag=yes", "flag", "yes", "true or false")]
    [TestCase("ratio=1e999", "ratio", "1e999", "a number")]
    [TestCase("ratio=nan", "ratio", "nan", "NaN")]
    [TestCase("small=1e39", "small", "1e39", "a number in the range")]
    [TestCase("data=*", "data", "*", "base64")]
    [TestCase("data=AAAAA", "data", "AAAAA", "base64")]
    [TestCase("since=yesterday", "since", "yesterday", "an RFC 3339 time, e.g. 2024")]
    [TestCase("since=2024-02-30T00:00:00Z", "since", "2024-02-30T00:00:00Z", "RFC 3339")]
    [TestCase("delay=5", "delay", "5", "a number of seconds followed by s")]
    [TestCase("mask=a-b", "mask", "a-b", "names of fields")]
    [TestCase("count=x", "count", "x", "a whole number")]
    [TestCase("limit=1&limit=2", "limit", "more than once", "one value")]
    [TestCase("bigNumber=1&big_number=2", "big_number", "more than once", "one value")]
    [TestCase("left=1&right=2", "right", "excludes left", "only one")]
    [TestCase("nested=x", "nested", "is a message", "nested.name")]
    [TestCase("labels=x", "labels", "cannot be a parameter", "")]
    [TestCase("list.name=x", "list.name", "is a list", "")]
    [TestCase("since.seconds=1", "since.seconds", "cannot be parameters", "")]
    [TestCase("text=%FF%FE", "text", "not valid UTF-8", "")]
    [TestCase("text=%ED%A0%80", "text", "not valid UTF-8", "")]
    public async Task Query_WrongValue_Answers400NamingIt(string query, string name, string value, string expected)
    {
        using var response = await _server.GetAsync($"/v1/query?{query}");

        var message = await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3);
        Assert.That(message, Does.StartWith(name).And.Contain(value).And.Contain(expected));
    }

    [Test]
    public async Task Query_UnknownParameter_IsIgnored()
    {
        var answer = await _server.GetJsonAsync("/v1/query?utm_source=mail&limit=5&LIMIT=6&nested.nothing=1&text.x=2");

        Assert.That(answer["limit"]!.GetValue<int>(), Is.EqualTo(5));
    }

    [Test]
    public async Task Query_ParameterOfPathVariable_DoesNotOverrideThePath()
    {
        var answer = await _server.GetJsonAsync("/v1/query/path?text=query");

        Assert.That(answer["text"]!.GetValue<string>(), Is.EqualTo("path"));
    }
}
