using static System.Text.Encoding;
using Monitor.Agent.Handover;
using Monitor.Agent.Monitors;

namespace Monitor.Agent.Tests.Handover;

/// <summary>What the reading image makes of a description, whoever wrote it.</summary>
internal sealed class HandoverTests
{
    private static readonly MonitorDefinition Connection = MonitorDefinition.All.Single(monitor => monitor.Name == "connection");

    [Test]
    public void Description_WrittenAndRead_IsTheSame()
    {
        var read = HandoverJson.Read(HandoverJson.Write(Description()));

        Assert.That(read.Version, Is.EqualTo("1"));
        Assert.That(read.Settings, Is.EqualTo(new Dictionary<string, string> { ["MONITOR_HTTP"] = "*:1" }));
        Assert.That(read.HeldCapabilities, Is.EqualTo(ulong.MaxValue));
        Assert.That(read.RightsNotes, Is.EqualTo(["a note"]));
        Assert.That(read.FilesProblem, Is.EqualTo("a problem"));
        Assert.That(read.Sockets, Is.EqualTo(new HandedSockets(4001, 4002, "a \"note\"")));
        Assert.That(read.Connections, Is.EqualTo(new HandedConnections(5001, 5002)));
        Assert.That(read.Failed, Is.EqualTo(new Dictionary<string, string> { ["packet_drop"] = "why" }));
        var monitor = read.Loaded.Single();
        Assert.That((monitor.Name, monitor.Counters, monitor.Reading, monitor.Events), Is.EqualTo(("connection", 1001, 1002, 1003)));
        Assert.That(monitor.Rings, Is.EqualTo([new HandedRing(0, 1004), new HandedRing(7, 1005)]));
        Assert.That(monitor.Hooks, Is.EqualTo(Description().Loaded[0].Hooks));
        Assert.That(monitor.KernelNames, Is.EqualTo(new Dictionary<uint, string> { [2] = "two" }));
        Assert.That((monitor.RingBytes, monitor.KernelMemoryBytes), Is.EqualTo((65536, 1L << 40)));
    }

    [Test]
    public void Description_CutOrChangedAnywhere_IsRefusedOrRead()
    {
        var good = HandoverJson.Write(Description());
        for (var i = 0; i < good.Length; i++)
        {
            var cut = good[..i];
            Assert.That(() => HandoverJson.Read(cut), Throws.TypeOf<HandoverException>(), UTF8.GetString(cut));
            foreach (var letter in "\"{}[],:-9\0"u8)
            {
                var changed = (byte[])good.Clone();
                changed[i] = letter;
                try
                {
                    ReceivedMonitors.Take(HandoverJson.Read(changed));
                    Assert.Fail($"nothing of it exists, and it was taken: {UTF8.GetString(changed)}");
                }
                catch (HandoverException)
                {
                }
            }
        }
    }

    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"version":null}""")]
    public void Description_OfSomethingElse_IsRefused(string json) =>
        Assert.That(() => HandoverJson.Read(UTF8.GetBytes(json)), Throws.TypeOf<HandoverException>());

    [Test]
    public void Descriptor_ThatDoesNotExist_IsRefusedWithItsNumber() =>
        Assert.That(() => ReceivedMonitors.Take(Description()), Throws.TypeOf<HandoverException>().With.Message.Contains("1001"));

    [Test]
    public void Descriptor_OfAnotherKind_IsRefusedAndStaysOpen()
    {
        using var file = File.OpenHandle("/proc/self/status");
        var number = (int)file.DangerousGetHandle();

        Assert.That(
            () => ReceivedMonitors.Take(Changed(monitor => monitor with { Counters = number })),
            Throws.TypeOf<HandoverException>().With.Message.Contains("status"));
        Assert.That(RandomAccess.Read(file, new byte[10], 0), Is.EqualTo(10));
    }

    [Test]
    public void Description_ThatDoesNotFitTheMonitors_IsRefused()
    {
        HandoverDescription[] bad =
        [
            Changed(monitor => monitor with { Name = "disconnection" }),
            Changed(monitor => monitor with { Hooks = [.. monitor.Hooks.Skip(1)] }),
            Changed(monitor => monitor with { Hooks = [.. monitor.Hooks.Reverse()] }),
            Changed(monitor => monitor with { RingBytes = 0 }),
            Changed(monitor => monitor with { RingBytes = int.MinValue }),
            Changed(monitor => monitor with { KernelMemoryBytes = -1 }),
            Changed(monitor => monitor with { Counters = 0 }),
            Changed(monitor => monitor with { Counters = monitor.Events }),
            Description() with { Sockets = new HandedSockets(2, 4002, "") },
            Description() with { Sockets = new HandedSockets(4001, 4001, "") },
            Description() with { Sockets = new HandedSockets(1001, null, "") },
            Description() with { Connections = new HandedConnections(5001, 1) },
            Description() with { Connections = new HandedConnections(4001, 5002) },
            Description() with { Loaded = [] },
            Description() with { Disabled = ["packet_drop"] },
            Description() with { Failed = new Dictionary<string, string>() },
            Description() with { Loaded = [Description().Loaded[0], Description().Loaded[0]] },
        ];

        foreach (var description in bad)
        {
            Assert.That(() => ReceivedMonitors.Take(description), Throws.TypeOf<HandoverException>());
        }
    }

    private static HandoverDescription Changed(Func<HandedMonitor, HandedMonitor> change) =>
        Description() with { Loaded = [change(Description().Loaded[0])] };

    // Of descriptors that a test does not have.
    private static HandoverDescription Description() => new()
    {
        Version = "1",
        Settings = new Dictionary<string, string> { ["MONITOR_HTTP"] = "*:1" },
        HeldCapabilities = ulong.MaxValue,
        RightsNotes = ["a note"],
        FilesProblem = "a problem",
        Loaded =
        [
            new HandedMonitor
            {
                Name = "connection",
                Counters = 1001,
                Reading = 1002,
                Events = 1003,
                Rings = [new HandedRing(0, 1004), new HandedRing(7, 1005)],
                RingBytes = 65536,
                KernelMemoryBytes = 1L << 40,
                Hooks = [.. Connection.Hooks.Select((hook, i) =>
                    new HandedHook(hook.Program, "a type", i == 0 ? "why" : null, i == 0 ? null : 2000 + i, i == 0 ? null : 3000 + i))],
                Notes = ["a \"note\"\n"],
                KernelNames = new Dictionary<uint, string> { [2] = "two" },
            },
        ],
        Sockets = new HandedSockets(4001, 4002, "a \"note\""),
        Connections = new HandedConnections(5001, 5002),
        Failed = new Dictionary<string, string> { ["packet_drop"] = "why" },
        Disabled = [.. MonitorDefinition.All.Select(monitor => monitor.Name).Except(["connection", "packet_drop"])],
    };
}
