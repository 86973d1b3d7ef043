using Microsoft.OpenApi;

namespace Monitor.Server;

/// <summary>The errors that every operation can answer. All have one body, google.rpc.Status.</summary>
internal sealed class ErrorResponses
{
    private static readonly (string Status, string Name, string Description)[] All =
    [
        ("400", "BadRequest",
            "A parameter or the body cannot be parsed, is out of range, or does not exist. The message names it, the value, "
            + "and what is accepted."),
        ("404", "NotFound", "This server has no such path. The message names those that it has."),
        ("405", "MethodNotAllowed", "The path does not take this method. The header `Allow` names those that it takes."),
        ("default", "Error", "Any other failure. The HTTP status is the one that google.rpc.Code relates to `code`."),
    ];

    private readonly OpenApiDocument _document;

    public ErrorResponses(OpenApiDocument document, SchemaBuilder schemas)
    {
        _document = document;
        foreach (var (_, name, description) in All)
        {
            document.AddComponent<IOpenApiResponse>(name, new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new() { Schema = schemas.Of(Google.Rpc.Status.Descriptor) },
                },
            });
        }

        Describe((OpenApiSchema)document.Components!.Schemas![Google.Rpc.Status.Descriptor.FullName]);
    }

    public void AddTo(OpenApiResponses responses)
    {
        foreach (var (status, name, _) in All)
        {
            responses[status] = new OpenApiResponseReference(name, _document);
        }
    }

    // Its .proto file is not ours, and its comments are not embedded.
    private static void Describe(OpenApiSchema status)
    {
        status.Description = "Why a request failed.";
        ((OpenApiSchema)status.Properties!["code"]).Description = "The gRPC status code, a value of google.rpc.Code.";
        ((OpenApiSchema)status.Properties["code"]).Examples = [3];
        ((OpenApiSchema)status.Properties["message"]).Description = "What is wrong, for people.";
        ((OpenApiSchema)status.Properties["details"]).Description = "What is wrong, for programs. May be empty.";
    }
}
