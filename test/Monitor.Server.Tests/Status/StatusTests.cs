using System.Net;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Status;

internal sealed class StatusTests
{
    [Test]
    public async Task Health_OfRunningPrograms_IsHealthy()
    {
        await using var server = await TestServer.StartAsync();

        var health = await server.Status.GetHealthAsync(new GetHealthRequest());

        Assert.That(health.Status, Is.EqualTo("healthy"));
        Assert.That(health.Component, Is.EqualTo("agent"));
        Assert.That(health.NodeName, Is.EqualTo("node-1"));
        Assert.That(health.Version, Is.EqualTo("1.2.3"));
        Assert.That(
            health.Parts.Select(part => part.Name),
            Is.EqualTo((string[])["program/connection", "program/packet_drop", "log"]));
    }

    [Test]
    public async Task Health_WithAFailedProgram_IsDegradedAndSaysWhy()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs = [FakePrograms.Active("connection"), FakePrograms.Failed("packet_drop")];

        var health = await server.Status.GetHealthAsync(new GetHealthRequest());

        Assert.That(health.Status, Is.EqualTo("degraded"));
        var part = health.Parts.Single(part => part.Name == "program/packet_drop");
        Assert.That(part.Status, Is.EqualTo("unhealthy"));
        Assert.That(part.Message, Is.EqualTo("the verifier refused it"));
    }

    [Test]
    public async Task Health_WithoutARunningProgram_IsUnhealthyAnd503OverHttpOnly()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs = [FakePrograms.Failed("connection")];

        var health = await server.Status.GetHealthAsync(new GetHealthRequest());
        using var response = await server.Http.GetAsync("/health");

        Assert.That(health.Status, Is.EqualTo("unhealthy"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("\"unhealthy\""));
    }

    [Test]
    public async Task Health_WithADisabledProgram_IsHealthy()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs =
            [FakePrograms.Active("connection"), new Program { Name = "packet_drop", Status = "disabled" }];

        var health = await server.Status.GetHealthAsync(new GetHealthRequest());

        Assert.That(health.Status, Is.EqualTo("healthy"));
    }

    [Test]
    public async Task Programs_OfSeveralNodes_AreSortedAndFilteredByNode()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs =
        [
            FakePrograms.Active("packet_drop", nodeName: "b"),
            FakePrograms.Active("connection", nodeName: "b"),
            FakePrograms.Active("connection", nodeName: "a"),
        ];

        var all = await server.ProgramList.ListProgramsAsync(new ListProgramsRequest());
        var b = await server.ProgramList.ListProgramsAsync(new ListProgramsRequest { NodeName = { "b" } });

        Assert.That(
            all.Programs.Select(program => program.NodeName + "/" + program.Name),
            Is.EqualTo((string[])["a/connection", "b/connection", "b/packet_drop"]));
        Assert.That(b.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task Stats_AfterEvents_CountLogAndPrograms()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(40);
        server.Programs.Programs = [FakePrograms.Active("connection", stored: 40)];

        var stats = await server.Status.GetStatsAsync(new GetStatsRequest());

        Assert.That(stats.TotalEvents, Is.EqualTo(40));
        Assert.That(stats.Types_.Single().Type, Is.EqualTo("connection"));
        Assert.That(stats.Types_.Single().Counters.Stored, Is.EqualTo(40));
        Assert.That(stats.Log.Events, Is.EqualTo(40));
        Assert.That(stats.Log.Epoch, Is.EqualTo("0123456789abcdef"));
        Assert.That(stats.Log.NewestTime, Is.EqualTo(UnixNanos.ToTimestamp(EventSource.Start + 40_000_000)));
        Assert.That(stats.Log.Bytes, Is.Positive.And.LessThanOrEqualTo(stats.Log.CapacityBytes));
        Assert.That(stats.Subscribers, Is.Empty);
    }
}
