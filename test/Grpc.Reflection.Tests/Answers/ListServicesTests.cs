using Grpc.Reflection.V1;

namespace Grpc.Reflection.Tests.Answers;

public sealed class ListServicesTests(ReflectionVersion version) : ReflectionTests(version)
{
    [Test]
    public async Task ListServices_Asked_NamesEveryMappedService()
    {
        var response = await AskAsync(new ServerReflectionRequest { ListServices = "*" });

        Assert.That(response.ListServicesResponse.Service.Select(service => service.Name), Is.EquivalentTo(new[]
        {
            "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "library.v1.Library",
        }));
    }

    [Test]
    public async Task Response_AnyQuestion_CarriesHostAndQuestion()
    {
        var request = new ServerReflectionRequest { Host = "node-7", ListServices = "" };

        var response = await AskAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(response.ValidHost, Is.EqualTo("node-7"));
            Assert.That(response.OriginalRequest, Is.EqualTo(request));
        });
    }
}
