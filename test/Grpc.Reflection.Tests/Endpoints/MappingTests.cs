using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Reflection.Tests.Endpoints;

public sealed class MappingTests
{
    [Test]
    public async Task Map_WithoutAdd_Throws()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var application = builder.Build();

        Assert.That(
            () => application.MapGrpcReflectionService(),
            Throws.InvalidOperationException.With.Message.Contains("AddGrpcReflection"));
    }

    [Test]
    public async Task Map_WithAConvention_AppliesItToEveryReflectionMethod()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        builder.Services.AddGrpcReflection().AddGrpcReflection();
        await using var application = builder.Build();
        application.MapGrpcService<LibraryService>();

        application.MapGrpcReflectionService().WithMetadata("only reflection");

        var marked = ((IEndpointRouteBuilder)application).DataSources
            .SelectMany(source => source.Endpoints)
            .Where(endpoint => endpoint.Metadata.GetMetadata<string>() == "only reflection")
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName)
            .OfType<string>()
            .Distinct();
        Assert.That(marked, Is.EquivalentTo(new[]
        {
            "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
        }));
    }
}
