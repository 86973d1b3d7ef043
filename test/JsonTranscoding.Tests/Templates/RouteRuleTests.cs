using Google.Api;
using JsonTranscoding.Tests.Json;
using JsonTranscoding.Tests.Protos;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

namespace JsonTranscoding.Tests.Templates;

/// <summary>Rules that no request could follow stop the start of the server.</summary>
internal sealed class RouteRuleTests
{
    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return Case("unknown field in path", new() { Get = "/v1/{nothing}" }, "'nothing'");
        yield return Case("JSON is no scalar", new() { Get = "/v1/{nested}" }, "is a message");
        yield return Case("list in path", new() { Get = "/v1/{pid}" }, "in a list");
        yield return Case("field of a list in path", new() { Get = "/v1/{list.name}" }, "in a list");
        yield return Case("nested body", new() { Post = "/v1", Body = "nested.name" }, "'nested.name'");
        yield return Case("unknown body", new() { Post = "/v1", Body = "nothing" }, "'nothing'");
        yield return Case("unknown response body", new() { Get = "/v1", ResponseBody = "nothing" }, "'nothing'");

        static TestCaseData Case(string name, HttpRule rule, string message) =>
            new TestCaseData(rule, message).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Wrong))]
    public void Create_WrongRule_SaysWhatIsWrong(HttpRule rule, string message) =>
        Assert.That(() => Create(rule), Throws.TypeOf<InvalidOperationException>().With.Message.Contains(message).And.Message.Contains("transcoding.tests.Library.Query"));

    [Test]
    public void Create_WrongPath_SaysWhere() =>
        Assert.That(() => Create(new() { Get = "/v1/{" }), Throws.TypeOf<FormatException>().With.Message.Contains("position 5"));

    [Test]
    public void Create_RuleWithoutPath_IsNone() => Assert.That(Create(new()), Is.Null);

    private static RouteRule? Create(HttpRule rule) =>
        RouteRule.Create(Library.Descriptor.FindMethodByName("Query"), rule, new JsonHarness().Schemas);
}
