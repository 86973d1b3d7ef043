using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class FilterPlanTests
{
    private static readonly TestCaseData[] Bad =
    [
        new(new EventFilter { SourceIp = { "192.0.2.1", "192.0.2.300" } }, "source_ip", "192.0.2.300"),
        new(new EventFilter { DestinationIp = { "192.0.2.0/33" } }, "destination_ip", "192.0.2.0/33"),
        new(new EventFilter { DestinationIp = { "192.0.2.0/" } }, "destination_ip", "192.0.2.0/"),
        new(new EventFilter { DestinationIp = { "2001:db8::/129" } }, "destination_ip", "2001:db8::/129"),
        new(new EventFilter { DestinationIp = { "192.0.2.0/-1" } }, "destination_ip", "192.0.2.0/-1"),
        new(new EventFilter { DestinationIp = { "192.0.2.0/024" } }, "destination_ip", "192.0.2.0/024"),
        new(new EventFilter { SourceIp = { new string('1', 200) } }, "source_ip", new string('1', 61) + "..."),
        new(new EventFilter { SourcePort = { 65536 } }, "source_port", "65536"),
        new(new EventFilter { DestinationPort = { uint.MaxValue } }, "destination_port", "4294967295"),
        new(new EventFilter { Protocol = { "tpc" } }, "protocol", "tpc"),
        new(new EventFilter { Protocol = { "263" } }, "protocol", "263"),
        new(new EventFilter { Protocol = { "-1" } }, "protocol", "-1"),
        new(new EventFilter { Type = { "" } }, "type", ""),
        new(new EventFilter { K8SNamespace = { new string('é', 129) } }, "k8s_namespace", new string('é', 61) + "..."),
        new(new EventFilter { Pid = { Enumerable.Range(0, 1001).Select(pid => (uint)pid) } }, "pid", "1001 values"),
        new(new EventFilter { ConnectionId = { Enumerable.Range(0, 1001).Select(id => (ulong)id) } }, "connection_id", "1001 values"),
        new(new EventFilter { DestinationName = { "" } }, "destination_name", ""),
        new(new EventFilter { Since = new Timestamp { Nanos = -1 } }, "since", "0 s -1 ns"),
        new(
            new EventFilter { Since = new Timestamp { Seconds = 2 }, Until = new Timestamp { Seconds = 1 } },
            "until",
            "1970-01-01T00:00:01Z"),
    ];

    [TestCaseSource(nameof(Bad))]
    public void Compile_BadValue_NamesFieldAndValue(EventFilter filter, string field, string value)
    {
        var thrown = Assert.Throws<FilterException>(() => EventFilterPlan.Compile(filter));

        Assert.That((thrown!.Field, thrown.Value), Is.EqualTo((field, value)));
        Assert.That(thrown.Message, Does.Contain(field).And.Contain(value).And.Contain("must"));
    }

    [TestCase("192.0.2.1", "192.0.2.1")]
    [TestCase("192.0.2.1/32", "192.0.2.1")]
    [TestCase("192.0.2.77/24", "192.0.2.0/24")]
    [TestCase("0.0.0.0/0", "0.0.0.0/0")]
    [TestCase("::ffff:192.0.2.1", "192.0.2.1")]
    [TestCase("::ffff:192.0.2.1/120", "192.0.2.0/24")]
    [TestCase("::ffff:0:0/96", "0.0.0.0/0")]
    [TestCase("2001:DB8:0::1", "2001:db8::1")]
    [TestCase("2001:db8:1::/32", "2001:db8::/32")]
    [TestCase("::/0", "::/0")]
    public void Compile_Address_BecomesCanonical(string text, string canonical)
    {
        var plan = EventFilterPlan.Compile(new EventFilter { SourceIp = { text } });

        Assert.That(plan.Canonical.SourceIp, Is.EqualTo(new[] { canonical }));
    }

    [Test]
    public void Compile_RepeatedValues_AreKeptOnce()
    {
        var plan = EventFilterPlan.Compile(new EventFilter
        {
            Protocol = { "tcp", "6", "TCP", "253", "icmpv6" },
            Pid = { 7, 7, 8 },
            SourceIp = { "192.0.2.0/24", "192.0.2.9/24" },
            Failed = false,
        });

        Assert.That(plan.Canonical, Is.EqualTo(new EventFilter
        {
            Protocol = { "TCP", "253", "ICMPv6" },
            Pid = { 7, 8 },
            SourceIp = { "192.0.2.0/24" },
            Failed = false,
        }));
    }

    [Test]
    public void Compile_Canonical_IsItsOwnCanonicalForm()
    {
        var random = new Random(9);
        for (var round = 0; round < 500; round++)
        {
            var filter = TestEvents.RandomFilter(random, TestEvents.Start, TestEvents.Start + 1000);
            var plan = EventFilterPlan.Compile(filter);
            var again = EventFilterPlan.Compile(plan.Canonical);

            Assert.That(again.Canonical, Is.EqualTo(plan.Canonical));
            Assert.That(again.Fingerprint(), Is.EqualTo(plan.Fingerprint()));
        }
    }

    [Test]
    public void Fingerprint_OrderOfValues_DoesNotMatter()
    {
        var one = EventFilterPlan.Compile(new EventFilter { Type = { "a", "b" }, Pid = { 1, 2 } });
        var other = EventFilterPlan.Compile(new EventFilter { Type = { "b", "a" }, Pid = { 2, 1, 2 } });
        var third = EventFilterPlan.Compile(new EventFilter { Type = { "b", "a" }, Pid = { 2, 1, 3 } });

        Assert.That(other.Fingerprint(), Is.EqualTo(one.Fingerprint()));
        Assert.That(third.Fingerprint(), Is.Not.EqualTo(one.Fingerprint()));
    }

    [Test]
    public void Matches_NamesOfTheSameHash_ComparesTheBytes()
    {
        // Two commands whose columns are the same: there is one among a few hundred by the birthday paradox.
        var byHash = Enumerable.Range(0, 100_000)
            .Select(number => $"command-{number}")
            .GroupBy(name => NameHash.To16(EventColumns.Hash(name)))
            .First(group => group.Count() > 1)
            .Take(2)
            .ToArray();
        using var log = TestLog.Create();
        foreach (var command in byHash)
        {
            var made = TestEvents.Connection(log.NextSequence, TestEvents.Start);
            made.Command = command;
            log.Append(made);
        }

        log.Publish();
        var response = log.Read(new EventQuery { Filter = new EventFilter { Command = { byHash[1] } } });

        Assert.That(response.Events.Select(read => read.Command), Is.EqualTo(new[] { byHash[1] }));
        Assert.That(response.TotalCount, Is.EqualTo(1));
    }

    [Test]
    public void Matches_ManyBlocks_AgreeWithTheModel()
    {
        var random = new Random(4);
        using var log = TestLog.Create();
        var stored = new List<Event>();
        for (var added = 0; added < 500; added++)
        {
            var made = TestEvents.Connection(log.NextSequence, TestEvents.Start + added);
            made.SourceIp = $"10.{random.Next(4)}.{random.Next(4)}.{random.Next(256)}";
            stored.Add(made);
            log.Append(made);
        }

        log.Publish();
        for (var round = 0; round < 50; round++)
        {
            var filter = new EventFilter();
            for (var blocks = random.Next(1, 40); blocks > 0; blocks--)
            {
                filter.SourceIp.Add(
                    $"10.{random.Next(4)}.{random.Next(4)}.{random.Next(256)}/{random.Next(20, 33)}");
            }

            Assert.That(
                log.Read(new EventQuery { Filter = filter }).TotalCount,
                Is.EqualTo(stored.Count(made => ModelFilter.Matches(filter, made))));
        }
    }

    [Test]
    public void ToEventFilter_Request_HasAllItsFilterFields()
    {
        var request = new ListEventsRequest
        {
            Type = { "a" },
            Pid = { 1 },
            Command = { "b" },
            K8SNodeName = { "c" },
            K8SPodName = { "d" },
            K8SNamespace = { "e" },
            NodeName = { "f" },
            K8SWorkloadName = { "g" },
            PeerPodName = { "h" },
            PeerNamespace = { "i" },
            PeerWorkloadName = { "j" },
            PeerServiceName = { "k" },
            PeerNodeName = { "l" },
            ConnectionId = { 4 },
            DestinationName = { "m" },
            Field = { "n=1" },
            SourceIp = { "::1" },
            DestinationIp = { "::2" },
            SourcePort = { 2 },
            DestinationPort = { 3 },
            Protocol = { "TCP" },
            Failed = true,
            Since = new Timestamp { Seconds = 1 },
            Until = new Timestamp { Seconds = 2 },
        };

        var filter = request.ToEventFilter();

        // The three messages number these fields alike, so the bytes are the same.
        Assert.That(filter, Is.EqualTo(EventFilter.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(request))));
        Assert.That(EventFilter.Descriptor.Fields.InFieldNumberOrder(), Has.Count.EqualTo(24));
        Assert.That(((IEventFilterFields)new StreamEventsRequest()).Until, Is.Null);
    }

    [Test]
    public void IpProtocols_EveryNumber_ComesBackFromItsName()
    {
        for (var number = 0; number <= IpProtocols.MaxNumber; number++)
        {
            Assert.That(IpProtocols.TryParse(IpProtocols.Name(number), out var parsed), Is.True);
            Assert.That(parsed, Is.EqualTo(number));
        }
    }
}
