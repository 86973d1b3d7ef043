using Google.Protobuf;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck.Tests;

/// <summary>What clients that nobody here wrote send and expect.</summary>
public sealed class WireTests
{
    [Test]
    public void Methods_OfTheService_HaveTheNamesOfTheProtocol() => Assert.Multiple(() =>
    {
        Assert.That(Health.V1.Health.Descriptor.FullName, Is.EqualTo("grpc.health.v1.Health"));
        Assert.That(Health.V1.Health.Descriptor.FindMethodByName("Check").IsServerStreaming, Is.False);
        Assert.That(Health.V1.Health.Descriptor.FindMethodByName("Watch").IsServerStreaming, Is.True);
    });

    [TestCase(ServingStatus.Serving, 1)]
    [TestCase(ServingStatus.NotServing, 2)]
    [TestCase(ServingStatus.ServiceUnknown, 3)]
    public void Response_Encoded_IsThatOfTheProtocol(ServingStatus status, byte number) =>
        Assert.That(new HealthCheckResponse { Status = status }.ToByteArray(), Is.EqualTo(new byte[] { 8, number }));

    [Test]
    public void Request_Encoded_IsThatOfTheProtocol() =>
        Assert.That(new HealthCheckRequest { Service = "a" }.ToByteArray(), Is.EqualTo("\n\u0001a"u8.ToArray()));
}
