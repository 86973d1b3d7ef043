using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds JSON transcoding to a gRPC server.</summary>
public static class GrpcJsonTranscodingServiceExtensions
{
    /// <summary>
    /// Serves every rpc that has a <c>google.api.http</c> rule as HTTP and JSON too, at the endpoints of its service.
    /// </summary>
    /// <param name="builder">The gRPC server, from AddGrpc.</param>
    /// <returns>The same builder.</returns>
    public static IGrpcServerBuilder AddJsonTranscoding(this IGrpcServerBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TranscodingServices>();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton(typeof(IServiceMethodProvider<>), typeof(JsonTranscodingServiceMethodProvider<>)));
        return builder;
    }

    /// <summary>As <see cref="AddJsonTranscoding(IGrpcServerBuilder)"/>, with options.</summary>
    /// <param name="builder">The gRPC server, from AddGrpc.</param>
    /// <param name="configureOptions">Changes the options.</param>
    /// <returns>The same builder.</returns>
    public static IGrpcServerBuilder AddJsonTranscoding(
        this IGrpcServerBuilder builder, Action<GrpcJsonTranscodingOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure(configureOptions);
        return builder.AddJsonTranscoding();
    }
}
