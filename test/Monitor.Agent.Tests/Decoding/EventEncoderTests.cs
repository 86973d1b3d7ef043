using System.Net;
using System.Runtime.InteropServices;
using Monitor.Agent.Encoding;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Agent.Tests.Decoding;

internal sealed class EventEncoderTests
{
    // As the drop of a packet without ports (ICMP) and connect() to port 0 make them.
    [Test]
    public void SetDestination_WithoutPortAndPortZero_AreTwo([Values("10.0.0.2", "2001:db8::1")] string text, [Values] bool portFirst)
    {
        var encoder = new EventEncoder(Records.NodeName, Records.Epoch);
        var with = portFirst ? Encode(encoder, text, 0) : null;

        var without = Encode(encoder, text, null);
        with ??= Encode(encoder, text, 0);

        Assert.That(without.HasDestinationPort, Is.False);
        Assert.That(without.Destination, Is.EqualTo(text));
        Assert.That((with.HasDestinationPort, with.DestinationPort), Is.EqualTo((true, 0)));
        Assert.That(with.Destination, Is.EqualTo(text.Contains(':', StringComparison.Ordinal) ? $"[{text}]:0" : $"{text}:0"));
    }

    [Test]
    public void SetProcess_InKubernetes_NamesThePod()
    {
        var pods = new FixedPods(new PodFields(Attribution.Cgroup, "shop", "cart-0", "app", "StatefulSet", "cart"));
        var (made, columns) = Encode(pods, encoder => encoder.SetProcess(1, 2, 3, 77, "curl\0\0\0\0\0\0\0\0\0\0\0\0"u8));

        Assert.That(pods.Asked, Is.EqualTo((77ul, 1u)));
        Assert.That(made.K8SNodeName, Is.EqualTo(Records.NodeName));
        Assert.That(made.Attribution, Is.EqualTo(Attribution.Cgroup));
        Assert.That((made.K8SNamespace, made.K8SPodName, made.K8SContainerName), Is.EqualTo(("shop", "cart-0", "app")));
        Assert.That((made.K8SWorkloadKind, made.K8SWorkloadName), Is.EqualTo(("StatefulSet", "cart")));
        Assert.That(columns.IsOfPod(EventColumns.Hash("cart-0"), EventColumns.Hash("shop")), Is.True);
        Assert.That(columns.IsOfPod(EventColumns.Hash("cart-1"), EventColumns.Hash("shop")), Is.False);
    }

    [Test]
    public void SetNoProcess_InKubernetes_SaysHowFarToTrustIt()
    {
        var pods = new FixedPods(new PodFields(Attribution.NoProcess));
        var (made, columns) = Encode(pods, encoder => encoder.SetNoProcess([], []));

        Assert.That(made.Attribution, Is.EqualTo(Attribution.NoProcess));
        Assert.That((made.HasK8SPodName, made.HasK8SNamespace, made.HasPid), Is.EqualTo((false, false, false)));
        Assert.That(columns.IsOfPod(EventColumns.Hash("cart-0"), EventColumns.Hash("shop")), Is.False);
    }

    [Test]
    public void PodFields_NamesThatAreTooLong_StayUnset()
    {
        var longest = new string('n', 253);
        var (made, _) = Encode(
            new FixedPods(new PodFields(Attribution.Cgroup, longest + "n", longest, longest + "n", "Job", longest)),
            encoder => encoder.SetProcess(1, 2, 3, 77, new byte[16]));

        Assert.That((made.HasK8SNamespace, made.K8SPodName, made.HasK8SContainerName), Is.EqualTo((false, longest, false)));
        Assert.That(made.K8SWorkloadName, Is.EqualTo(longest));
    }

    [Test]
    public void SetProcess_OutsideKubernetes_HasNoneOfItsFields()
    {
        var (made, _) = Encode(null, encoder => encoder.SetProcess(1, 2, 3, 77, new byte[16]));

        Assert.That(made.Attribution, Is.EqualTo(Attribution.Unspecified));
        Assert.That((made.HasK8SNodeName, made.HasK8SPodName), Is.EqualTo((false, false)));
    }

    [TestCase("203.0.113.77", "203.0.113.0")]
    [TestCase("203.0.114.77", "203.0.114.77")]
    [TestCase("10.1.2.3", "10.0.0.0")]
    [TestCase("2001:db8:5::1", "2001:db8::")]
    [TestCase("2001:db9::1", "2001:db9::1")]
    public void Address_OfAMaskedNetwork_IsToldAsItsFirst(string address, string told)
    {
        var (made, _) = Encode(
            null,
            encoder =>
            {
                var bytes = Records.Address(address);
                encoder.SetSource(bytes, 1);
                encoder.SetDestination(bytes, 443);
            },
            new EventPrivacy(false, [IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8::/32")]));

        Assert.That((made.SourceIp, made.DestinationIp), Is.EqualTo((told, told)));
        Assert.That(made.Destination, Does.Contain(told));
        Assert.That(made.ToString(), Does.Not.Contain(told == address ? "no such text" : address));
    }

    [Test]
    public void Commands_Hidden_AreNowhere()
    {
        var (made, _) = Encode(
            null, encoder => encoder.SetProcess(1, 2, 3, 77, "curl\0\0\0\0\0\0\0\0\0\0\0\0"u8), new EventPrivacy(true, []));

        Assert.That((made.HasCommand, made.Pid, made.CgroupId), Is.EqualTo((false, 1, 77)));
    }

    // Checks that the columns made beside the bytes are those read from them.
    private static (Event Made, EventColumns Columns) Encode(
        PodLookup? pods, Action<EventEncoder> set, EventPrivacy? privacy = null)
    {
        var types = new EventTypeTable();
        var encoder = new EventEncoder(Records.NodeName, Records.Epoch, pods, privacy);
        encoder.Begin(EventEncoder.EncodeType("connection"), types.GetOrAdd("connection"), 7, Records.Timestamp, Records.Time);
        set(encoder);
        Assert.That(EventColumns.TryParse(encoder.Encoded, types, out var parsed), Is.True);
        Assert.That(
            MemoryMarshal.AsBytes([encoder.Columns]).ToArray(), Is.EqualTo(MemoryMarshal.AsBytes([parsed]).ToArray()));
        return (Event.Parser.ParseFrom(encoder.Encoded.ToArray()), parsed);
    }

    private sealed class FixedPods(PodFields fields) : PodLookup
    {
        public (ulong CgroupId, uint Pid) Asked { get; private set; }

        public override PodFields OfProcess(ulong cgroupId, uint pid)
        {
            Asked = (cgroupId, pid);
            return fields;
        }

        public override PodFields OfSocket(ulong cgroupId, uint pid) => fields;

        public override PodFields OfPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, long timeUnixNanos) =>
            fields;
    }

    private static Event Encode(EventEncoder encoder, string address, ushort? port)
    {
        encoder.Begin(EventEncoder.EncodeType("packet_drop"), 1, 7, Records.Timestamp, Records.Time);
        var bytes = Records.Address(address);
        encoder.SetDestination(bytes, port);
        return Event.Parser.ParseFrom(encoder.Encoded.ToArray());
    }
}
