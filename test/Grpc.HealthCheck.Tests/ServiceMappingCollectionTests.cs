using Grpc.AspNetCore.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.HealthCheck.Tests;

public sealed class ServiceMappingCollectionTests
{
    private readonly ServiceMappingCollection _services = [];

    [SetUp]
    public void Clear() => _services.Clear();

    [Test]
    public void Map_OfAMappedName_ReplacesIt()
    {
        _services.Map("events", _ => true);
        _services.Map("events", _ => false);

        Assert.That(_services, Has.Count.EqualTo(1));
        Assert.That(_services.Single().HealthCheckPredicate!(new HealthCheckMapContext("log", [])), Is.False);
    }

    [Test]
    public void Add_OfAMappedName_Throws()
    {
        _services.Add(new ServiceMapping("events", _ => true));

        Assert.That(() => _services.Add(new ServiceMapping("events", _ => true)), Throws.ArgumentException);
    }

    [Test]
    public void Remove_OfAName_RemovesIt()
    {
        _services.Map("events", _ => true);
        _services.Map("programs", _ => true);

        _services.Remove("events");
        _services.Remove("never there");

        Assert.That(_services.Select(service => service.Name), Is.EqualTo(new[] { "programs" }));
    }

    [Test]
    public void Defaults_AfterAdd_MapTheWholeServer() =>
        Assert.That(OptionsOf(services => services.AddGrpcHealthChecks()).Services.Select(service => service.Name),
            Is.EqualTo(new[] { "" }));

    [Test]
    public void Configuration_OfTheApplication_ComesAfterTheDefaults()
    {
        var options = OptionsOf(services => services.AddGrpcHealthChecks(options => options.Services.Clear()));

        Assert.That(options.Services, Is.Empty);
    }

    private static GrpcHealthChecksOptions OptionsOf(Action<IServiceCollection> register)
    {
        var services = new ServiceCollection();
        register(services);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<GrpcHealthChecksOptions>>().Value;
    }
}
