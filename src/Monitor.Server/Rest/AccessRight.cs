using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>What a path or an rpc asks of its reader.</summary>
internal enum AccessRight
{
    /// <summary>Any reader: pages and descriptions of the API.</summary>
    Any,

    /// <summary>Any reader, who sees what it may; everyone, where health is open.</summary>
    Health,

    /// <summary>Programs, statistics, agents.</summary>
    Status,

    /// <summary>As <see cref="Status"/>; everyone, where metrics are open.</summary>
    Metrics,

    /// <summary>Events.</summary>
    Events,
}

internal static class AccessRights
{
    /// <summary>The right that an endpoint asks for. An rpc that is added later asks for events until it says otherwise here.</summary>
    public static AccessRight Of(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<PageMetadata>() is { Path: PrometheusPage.Path })
        {
            return AccessRight.Metrics;
        }

        var (service, method) = endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } rest
            ? (rest.MethodDescriptor.Service.FullName, rest.MethodDescriptor.Name)
            : endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { } grpc
            ? (grpc.Method.ServiceName, grpc.Method.Name)
            : ("", "");
        return service switch
        {
            "" or "grpc.reflection.v1.ServerReflection" or "grpc.reflection.v1alpha.ServerReflection" => AccessRight.Any,
            "grpc.health.v1.Health" => AccessRight.Health,
            _ when service == StatusService.Descriptor.FullName && method == "GetHealth" => AccessRight.Health,
            _ when service == ProgramService.Descriptor.FullName && method == "DemandPrograms" => AccessRight.Events,
            _ when service == MonitorService.Descriptor.FullName && method == "ListMonitors" => AccessRight.Status,
            _ when service == StatusService.Descriptor.FullName || service == ProgramService.Descriptor.FullName => AccessRight.Status,
            _ => AccessRight.Events,
        };
    }
}
