using Google.Protobuf.Reflection;
using Monitor.Protocol;

namespace Monitor.Server.Tests.OpenApi;

/// <summary>Comments of .proto files, and what they become.</summary>
[TestFixture]
internal sealed class ContractCommentsTests
{
    [TestCase(" One line.\n", "One line.")]
    [TestCase(" Two lines\n of one paragraph.\n", "Two lines of one paragraph.")]
    [TestCase(" First.\n\n Second.\n", "First.\n\nSecond.")]
    [TestCase(" A list:\n - one\n - two\n   that goes on\n", "A list:\n- one\n- two\n  that goes on")]
    public void Find_CommentOfAMessage_IsInParagraphs(string comment, string expected)
    {
        var comments = new ContractComments(FileOf(comment));

        Assert.That(comments.Find("some.Thing"), Is.EqualTo(expected));
        Assert.That(comments.Find("some.Other"), Is.Null);
    }

    [TestCase("monitor.v1.EventService", "Events, as they happen")]
    [TestCase("monitor.v1.EventService.ListEvents", "Lists stored events")]
    [TestCase("monitor.v1.Event.sequence", "Counts the events of one run")]
    [TestCase("monitor.v1.Event.detail", "What only events of this type have")]
    [TestCase("monitor.v1.ConnectionDetail.Outcome", "How an attempt ended")]
    [TestCase("monitor.v1.ConnectionDetail.Outcome.OUTCOME_FAILED", "It failed")]
    [TestCase("monitor.v1.LossCause.LOSS_CAUSE_EVICTED", "They were stored")]
    public void OfContract_EachKindOfElement_HasItsComment(string name, string start) =>
        Assert.That(ContractComments.OfContract.Find(name), Does.StartWith(start));

    [TestCase("Lists things. Newest first.", "Lists things")]
    [TestCase("Streams things: all of them.", "Streams things")]
    [TestCase("Version 1.2 of things", "Version 1.2 of things")]
    [TestCase(null, null)]
    public void Title_OfAComment_IsItsFirstSentence(string? comment, string? title) =>
        Assert.That(Markdown.Title(comment), Is.EqualTo(title));

    private static FileDescriptorSet FileOf(string comment) => new()
    {
        File =
        {
            new FileDescriptorProto
            {
                Name = "some.proto",
                Package = "some",
                MessageType = { new DescriptorProto { Name = "Thing" }, new DescriptorProto { Name = "Other" } },
                SourceCodeInfo = new SourceCodeInfo
                {
                    Location = { new SourceCodeInfo.Types.Location { Path = { 4, 0 }, LeadingComments = comment } },
                },
            },
        },
    };
}
