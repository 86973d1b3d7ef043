using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.OpenApi;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>Describes rpcs with http rules as an OpenAPI document.</summary>
internal sealed class DocumentBuilder(
    ContractComments comments, IReadOnlyDictionary<string, FieldFacts> facts, GrpcJsonSettings json)
{
    public OpenApiDocument Build(OpenApiInfo info, IEnumerable<RestOperation> operations)
    {
        var document = new OpenApiDocument
        {
            Info = info,
            Servers = [new OpenApiServer { Url = "/", Description = "The server that this document comes from." }],
            Paths = [],
            Tags = new HashSet<OpenApiTag>(),
        };
        var builder = new OperationBuilder(document, new SchemaBuilder(document, comments, facts, json), comments);
        foreach (var operation in operations)
        {
            var service = operation.Method.Service;
            if (document.Tags.All(tag => tag.Name != service.Name))
            {
                document.Tags.Add(new OpenApiTag
                {
                    Name = service.Name,
                    Description = Markdown.Of(comments.Find(service.FullName)),
                });
            }

            Add(document.Paths, operation, builder);
        }

        return document;
    }

    private static void Add(OpenApiPaths paths, RestOperation operation, OperationBuilder builder)
    {
        if (!paths.TryGetValue(operation.Path.Text, out var item))
        {
            paths.Add(operation.Path.Text, item = new OpenApiPathItem());
        }

        foreach (var method in operation.HttpMethods)
        {
            ((OpenApiPathItem)item).AddOperation(method, builder.Build(operation));
        }
    }
}
