using System.Text.RegularExpressions;

namespace Monitor.Server.Tests.Access;

/// <summary>What a list of readers may say, and what a user is told of one that is wrong.</summary>
internal sealed partial class ReadersFileTests
{
    private const string Hash = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"; // of "foo"

    [TestCase("", "not a list of readers")]
    [TestCase("[]", "not a list of readers")]
    [TestCase("{}", "not a list of at most")]
    [TestCase("null", "not a list of at most")]
    [TestCase("{'readers': null}", "not a list of at most")]
    [TestCase("{'readers': [null]}", "null")]
    [TestCase("{'readers': [{}]}", "without a name")]
    [TestCase("{'readers': [{'name': 'x'}]}", "'x': role must be")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'Events', 'token_sha256': 'HASH'}]}", "role must be")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events'}]}", "either token_sha256 or certificate")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'token_sha256': 'HASH', 'certificate': 'y'}]}", "either token_sha256 or certificate")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'token_sha256': 'secret'}]}", "64 hexadecimal digits")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'token': 'secret'}]}", "token")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'status', 'token_sha256': 'HASH', 'namespaces': ['a']}]}", "namespaces")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'token_sha256': 'HASH', 'namespaces': []}]}", "namespaces")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'token_sha256': 'HASH', 'namespaces': ['']}]}", "namespaces")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'token_sha256': 'HASH', 'namespaces': null}]}", "namespaces is null")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'token_sha256': 'HASH'}, {'name': 'y', 'role': 'status', 'token_sha256': 'HASH'}]}", "same token")]
    [TestCase("{'readers': [{'name': 'x', 'role': 'events', 'certificate': 'A'}, {'name': 'y', 'role': 'status', 'certificate': 'a'}]}", "no other reader")]
    [TestCase("{'readers': [{'name': 'x', 'name': 'y', 'role': 'events', 'certificate': 'A'}]}", "name")]
    public void List_Wrong_IsRefusedAndNeverShowsATokenItHolds(string text, string mentions)
    {
        var refused = Assert.Throws<AccessException>(() => Parse(text));

        Assert.That(refused!.Message, Does.StartWith("readers.json").And.Contain(mentions));
        Assert.That(refused.Message, Does.Not.Contain("secret"));
    }

    [TestCase("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [TestCase("01BA4719C80B6FE911B091A7C05124B64EEECE964E09C058EF8F9805DACA546B")]
    public void Hash_OfAnEmptyToken_IsRefused(string hash)
    {
        var refused = Assert.Throws<AccessException>(() => ReadersFile.Parse(
            "readers.json",
            System.Text.Encoding.UTF8.GetBytes($$"""{"readers": [{"name": "a", "role": "events", "token_sha256": "{{hash}}"}]}""")));

        Assert.That(refused!.Message, Does.Contain("an empty token"));
    }

    [Test]
    public void List_WithComments_FindsByTokenAndCertificate()
    {
        var file = Parse("""
            {
              // Of the dashboards.
              'readers': [
                {'name': 'grafana', 'role': 'events', 'token_sha256': 'HASH'},
                {'name': 'ci', 'role': 'status', 'certificate': 'ci.example'},
              ],
            }
            """);

        Assert.That(file.FindByToken("foo") is { Name: "grafana", ReadsAllEvents: true, ReadsStatus: true });
        Assert.That(file.FindByCertificate(["other", "CI.Example"]) is { Name: "ci", ReadsEvents: false, ReadsStatus: true });
        Assert.That(file.FindByToken(Hash), Is.Null);
        Assert.That(file.FindByToken(""), Is.Null);
        Assert.That(file.FindByCertificate([]), Is.Null);
    }

    private static ReadersFile Parse(string text) => ReadersFile.Parse(
        "readers.json", System.Text.Encoding.UTF8.GetBytes(Quote().Replace(text, "\"").Replace("HASH", Hash, StringComparison.Ordinal)));

    [GeneratedRegex("'")]
    private static partial Regex Quote();
}
