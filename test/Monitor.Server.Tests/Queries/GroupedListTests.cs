using System.Text.Json;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Queries;

internal sealed class GroupedListTests
{
    [Test]
    public async Task Connections_OfSeveralProcesses_AreGroupedNewestFirst()
    {
        await using var server = await TestServer.StartAsync();
        for (var round = 0; round < 4; round++)
        {
            server.Source.Append(1, change: made => made.Pid = 1);
            server.Source.Append(2, change: made => made.Pid = 4_000_000_000);
        }

        server.Source.Append(5, "packet_drop");

        var list = await server.Events.ListConnectionsAsync(new ListConnectionsRequest());

        Assert.That((list.TotalPids, list.TotalEvents, list.Count), Is.EqualTo((2, 12, 12)));
        Assert.That(
            list.EventsByPid[1].Events.Select(listed => listed.Sequence), Is.EqualTo(new ulong[] { 10, 7, 4, 1 }));
        Assert.That(
            list.EventsByPid[4_000_000_000].Events.Select(listed => listed.Sequence),
            Is.EqualTo(new ulong[] { 12, 11, 9, 8, 6, 5, 3, 2 }));
        Assert.That(list.EventsByPid.Values.SelectMany(group => group.Events), Has.All.Property("Type").EqualTo("connection"));
        Assert.That(list.WithoutProcess, Is.Null);
        Assert.That(list.NextPageToken, Is.Empty);
        Assert.That(list.Filters.Type, Is.EqualTo(new[] { "connection" }));
    }

    [Test]
    public async Task PacketDrops_WithoutAProcess_AreApart()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(2, "packet_drop");
        server.Source.Append(3, "packet_drop", made => made.ClearPid());
        server.Source.Append(1, "packet_drop", made => made.Pid = 0);

        var list = await server.Events.ListPacketDropsAsync(new ListPacketDropsRequest());

        Assert.That((list.TotalPids, list.TotalEvents), Is.EqualTo((2, 6)));
        Assert.That(list.WithoutProcess.Events.Select(listed => listed.Sequence), Is.EqualTo(new ulong[] { 5, 4, 3 }));
        Assert.That(list.EventsByPid.Keys, Is.EquivalentTo(new[] { 0u, 4242u }));
    }

    [Test]
    public async Task Pages_OfAGroupedList_NeitherRepeatNorSkipWhileEventsArrive()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(500, "packet_drop", made =>
        {
            made.Pid = (uint)made.Sequence % 7;
            if (made.Sequence % 5 == 0)
            {
                made.ClearPid();
            }
        });

        var seen = new List<ulong>();
        var token = "";
        do
        {
            var page = await server.Events.ListPacketDropsAsync(
                new ListPacketDropsRequest { Limit = 60, PageToken = token });
            var events = page.EventsByPid.Values.SelectMany(group => group.Events)
                .Concat(page.WithoutProcess?.Events ?? [])
                .ToList();
            Assert.That(page.Count, Is.EqualTo(events.Count));
            Assert.That((page.TotalPids, page.TotalEvents), Is.EqualTo((7, 500)));
            seen.AddRange(events.Select(listed => listed.Sequence));
            token = page.NextPageToken;
            server.Source.Append(10, "packet_drop", made => made.Pid = 999);
        }
        while (token.Length > 0);

        Assert.That(seen.Order(), Is.EqualTo(Enumerable.Range(1, 500).Select(sequence => (ulong)sequence)));
    }

    [Test]
    public async Task List_WithoutALimit_HasAThousandEvents()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(1500, change: made => made.Pid = (uint)made.Sequence);

        var list = await server.Events.ListConnectionsAsync(new ListConnectionsRequest());

        Assert.That((list.Count, list.TotalPids, list.TotalEvents), Is.EqualTo((1000, 1500, 1500)));
    }

    [Test]
    public async Task List_OverHttp_HasAnObjectByPid()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(2);
        server.Source.Append(1, change: made => made.Command = "wget");

        using var json = JsonDocument.Parse(await server.Http.GetStringAsync("/api/list-connections?command=curl"));

        Assert.That(json.RootElement.GetProperty("total_pids").GetInt32(), Is.EqualTo(1));
        Assert.That(json.RootElement.GetProperty("total_events").GetInt32(), Is.EqualTo(2));
        var events = json.RootElement.GetProperty("events_by_pid").GetProperty("4242").GetProperty("events");
        Assert.That(events.GetArrayLength(), Is.EqualTo(2));
        Assert.That(events[0].GetProperty("destination_port").GetInt32(), Is.EqualTo(443));
    }
}
