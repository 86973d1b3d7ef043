using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Queries;

/// <summary>Conditions on fields of users' monitors: what is refused, and that the refusal says what to do.</summary>
internal sealed class FieldFilterTests
{
    private readonly FieldChecker _checker = new(new FakePrograms
    {
        Programs =
        [
            FakePrograms.Active("connection"),
            FakePrograms.Own(
                "exec",
                new MonitorField { Name = "latency", Kind = "duration" },
                new MonitorField { Name = "path", Kind = "text" },
                new MonitorField { Name = "mood", Kind = "enum", Values = { "QUIET", "LOUD" } },
                new MonitorField { Name = "ready", Kind = "flag" },
                new MonitorField { Name = "started", Kind = "time" },
                new MonitorField { Name = "pid", Kind = "number", Common = true }),
            FakePrograms.Own("signal", new MonitorField { Name = "number", Kind = "number" }),
        ],
    });

    [TestCase("latency>1ms")]
    [TestCase("latency>1000000")]
    [TestCase("path=/etc/*")]
    [TestCase("path!=x")]
    [TestCase("mood=LOUD")]
    [TestCase("mood=L*")]
    [TestCase("ready=true")]
    [TestCase("started>=2030-01-31T12:00:00Z")]
    [TestCase("number<15")]
    public async Task Condition_ThatSomeEventCanMeet_IsTaken(string condition) =>
        await _checker.CheckAsync(new EventFilter { Field = { condition } }, default);

    [TestCase("latency>soon", "a duration such as 250us")]
    [TestCase("path>a", "a text, with = or !=")]
    [TestCase("mood=SAD", "one of QUIET, LOUD")]
    [TestCase("ready=yes", "true or false")]
    [TestCase("started>noon", "a time such as")]
    [TestCase("number=nine", "a whole number")]
    [TestCase("nothing=1", "one of the fields latency, path, mood, ready, started, number")]
    [TestCase("pid=1", "filter with pid=1 and not with field")]
    [TestCase("latency", "such as latency>1ms")]
    public async Task Condition_ThatNoEventCanMeet_IsRefusedWithWhatWouldDo(string condition, string remedy)
    {
        var thrown = await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            async () => await _checker.CheckAsync(new EventFilter { Field = { condition } }, default));

        Assert.That(thrown!.StatusCode, Is.EqualTo(Grpc.Core.StatusCode.InvalidArgument));
        Assert.That(thrown.Status.Detail, Does.StartWith("field: ").And.Contain(remedy));
    }

    [TestCase("connection", "no monitor of the type connection")]
    [TestCase("signal", "one of the fields number")]
    public void Condition_OfAnotherType_IsRefused(string type, string reason)
    {
        var filter = new EventFilter { Type = { type }, Field = { "latency>1ms" } };

        Assert.That(async () => await _checker.CheckAsync(filter, default), Throws.Exception.With.Message.Contain(reason));
    }
}
