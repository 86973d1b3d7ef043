using System.Net;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Aggregator.Tests.Links.Support;
using Monitor.Server;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>The fleet as the clients of an aggregator see it.</summary>
internal sealed class ServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Test]
    public async Task Server_OverAFleet_ShowsAgentsHealthAndPrograms()
    {
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2);
        await using var fleet = TestFleet.Start(one.Address, two.Address);
        await using var server = await StartAsync(fleet);
        using var channel = ChannelTo(server);
        var status = new StatusService.StatusServiceClient(channel);
        await fleet.UntilAsync(one.Address, State.Streaming);
        await fleet.UntilAsync(two.Address, State.Streaming);
        await Tests.Support.Waiting.UntilAsync("programs of both", () => fleet.Programs.Count == 2);

        var agents = await status.ListAgentsAsync(new ListAgentsRequest());
        Assert.That(agents.Agents.Select(agent => agent.NodeName), Is.EqualTo(new[] { "node-1", "node-2" }));
        var programs = await new ProgramService.ProgramServiceClient(channel).ListProgramsAsync(new ListProgramsRequest());
        Assert.That(programs.Programs.Select(program => $"{program.NodeName}/{program.Name}: {program.Status}"), Is.EqualTo(new[]
        {
            "node-1/connection: active", "node-2/connection: active",
        }));
        Assert.That((await status.GetHealthAsync(new GetHealthRequest())).Status, Is.EqualTo("healthy"));
        var stats = await status.GetStatsAsync(new GetStatsRequest());
        Assert.That((stats.Agents.Total, stats.Agents.Streaming), Is.EqualTo((2, 2)));

        await two.StopServerAsync();
        await fleet.UntilAsync(two.Address, State.BackingOff);
        var health = await status.GetHealthAsync(new GetHealthRequest());
        Assert.That(health.Status, Is.EqualTo("degraded"));
        Assert.That(
            health.Parts.Single(part => part.Name == "agent/node-2").Message,
            Does.StartWith($"{two.Address} is out of reach since 20"));
    }

    [Test]
    public async Task Stream_WithAgentStatus_TellsOfEachChange()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var fleet = TestFleet.Start(agent.Address);
        await using var server = await StartAsync(fleet);
        using var channel = ChannelTo(server);
        await fleet.UntilAsync(agent.Address, State.Streaming);
        using var call = new EventService.EventServiceClient(channel).StreamEvents(new StreamEventsRequest { AgentStatus = true });

        await UntilToldAsync(call, State.Streaming);
        await agent.StopServerAsync();
        await UntilToldAsync(call, State.BackingOff);
        await agent.RestartAsync(epoch: 9, events: 1);
        await UntilToldAsync(call, State.Streaming);
        fleet.List();
        await UntilToldAsync(call, State.Gone);
    }

    [Test]
    public async Task Stream_OfAllAgents_IsWhatTheyHaveWithTokensThatResumeOnAnotherAggregator()
    {
        await using var one = await TestAgent.StartAsync("node-1", epoch: 1);
        await using var two = await TestAgent.StartAsync("node-2", epoch: 2);
        one.Append(300);
        two.Append(200);
        await using var first = TestFleet.Start(one.Address, two.Address);
        await first.UntilEventsAsync(500);
        await using var firstServer = await StartAsync(first);
        string token;
        var received = new List<Event>();
        using (var channel = ChannelTo(firstServer))
        {
            using var call = new EventService.EventServiceClient(channel).StreamEvents(new StreamEventsRequest
            {
                Since = new Google.Protobuf.WellKnownTypes.Timestamp(),
                MaxBatchEvents = 150,
            });
            token = await ReceiveAsync(call, received, 450);
        }

        await using var second = TestFleet.Start(one.Address, two.Address);
        await second.UntilEventsAsync(500);
        await using var secondServer = await StartAsync(second);
        using (var channel = ChannelTo(secondServer))
        {
            one.Append(10);
            using var call = new EventService.EventServiceClient(channel).StreamEvents(
                new StreamEventsRequest { ResumeToken = token });
            await ReceiveAsync(call, received, 510);
        }

        Assert.That(received.Select(e => e.Id).ToHashSet(), Has.Count.EqualTo(510));
        Assert.That(received, Has.Count.EqualTo(510));
    }

    private static async Task<string> ReceiveAsync(
        Grpc.Core.AsyncServerStreamingCall<StreamEventsResponse> call, List<Event> into, int until)
    {
        var token = "";
        while (into.Count < until)
        {
            Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience), Is.True);
            Assert.That(call.ResponseStream.Current.Losses, Is.Empty);
            into.AddRange(call.ResponseStream.Current.Events);
            token = call.ResponseStream.Current.ResumeToken;
        }

        return token;
    }

    private static async Task UntilToldAsync(
        Grpc.Core.AsyncServerStreamingCall<StreamEventsResponse> call, State state)
    {
        do
        {
            Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience), Is.True);
        }
        while (!call.ResponseStream.Current.Agents.Any(agent => agent.State == state));
    }

    private static async Task<WebApplication> StartAsync(TestFleet fleet)
    {
        var server = MonitorServer.Build(
            new MonitorServerOptions
            {
                Component = "aggregator",
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Grpc = new IPEndPoint(IPAddress.Loopback, 0),
                StopGrace = TimeSpan.FromMilliseconds(200),
            },
            fleet.Log,
            fleet.Fleet,
            NullLoggerFactory.Instance,
            fleet.Fleet);
        await server.StartAsync();
        return server;
    }

    private static GrpcChannel ChannelTo(WebApplication server) =>
        GrpcChannel.ForAddress("http://" + server.Services.GetRequiredService<ServerEndPoints>().GrpcTarget);
}
