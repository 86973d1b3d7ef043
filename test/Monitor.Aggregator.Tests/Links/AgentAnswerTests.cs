using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Aggregator.Links;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>What answers take in memory, as it is estimated before they are parsed.</summary>
internal sealed class AgentAnswerTests
{
    [Test]
    public void Cost_OfTheLongestPageOfConnections_IsWithinWhatAnAnswerMayTake()
    {
        var connection = new OpenConnection
        {
            NodeName = "a-node-with-a-name-of-some-length",
            Command = "command-of-15-b",
            K8SNamespace = "a-namespace",
            K8SPodName = "a-deployment-7c9d8b6f5d-x2k9p",
            K8SContainerName = "container",
            SourceIp = "2001:db8:1234:5678::9abc",
            DestinationIp = "2001:db8:1234:5678::9abc",
            SourcePort = 65_535,
            DestinationPort = 65_535,
            ConnectionId = ulong.MaxValue,
            Age = new Duration { Seconds = 1_000_000, Nanos = 999_999_999 },
            SmoothedRtt = new Duration { Nanos = 999_999_999 },
            MinimumRtt = new Duration { Nanos = 999_999_999 },
        };
        var page = new ListOpenConnectionsResponse { Connections = { Enumerable.Repeat(connection, ContractLimits.MaxListLimit) } };

        var cost = AgentAnswer.CostOf(ListOpenConnectionsResponse.Descriptor, page.ToByteArray(), out var messages);

        Assert.That(messages, Is.EqualTo(ContractLimits.MaxListLimit));
        Assert.That(cost, Is.LessThan(48 << 20));
    }

    /// <summary>A message of a MiB, which is what may be received.</summary>
    [Test]
    public void Cost_OfManyThatAreSmall_IsMuchMoreThanTheirBytes()
    {
        var program = new V1.Program { Name = "many" };
        program.Hooks.AddRange(Enumerable.Range(0, 100_000).Select(_ => new Hook()));
        var answer = new ListProgramsResponse { Programs = { program } };

        Assert.That(answer.CalculateSize(), Is.LessThan(300_000));
        Assert.That(AgentAnswer.CostOf(ListProgramsResponse.Descriptor, answer.ToByteArray(), out _), Is.GreaterThan(4 << 20));
    }

    [Test]
    public void Cost_OfFieldsThatNobodyKnows_IsNone()
    {
        byte[] unknown = [.. Enumerable.Repeat<byte[]>([0xf8, 0x7f, 1], 100_000).SelectMany(field => field)];

        Assert.That(
            AgentAnswer.CostOf(GetHealthResponse.Descriptor, unknown, out _),
            Is.EqualTo(AgentAnswer.CostOf(GetHealthResponse.Descriptor, [], out _)));
    }
}
