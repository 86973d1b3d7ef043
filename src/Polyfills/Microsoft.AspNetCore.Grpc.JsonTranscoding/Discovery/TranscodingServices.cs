using Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>What all routes of an application share.</summary>
internal sealed class TranscodingServices
{
    public TranscodingServices(IOptions<GrpcJsonTranscodingOptions> options)
    {
        Options = options.Value;
        Schemas = new SchemaCache(Options);
        Workspaces = Workspace.CreatePool(Schemas);
    }

    public GrpcJsonTranscodingOptions Options { get; }

    public SchemaCache Schemas { get; }

    public ObjectPool<Workspace> Workspaces { get; }
}
