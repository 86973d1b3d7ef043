using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.OpenApi;
using Monitor.Protocol;
using Shop;

namespace Monitor.Server.Tests.OpenApi;

/// <summary>What becomes of http rules and messages that the product does not have: nothing here is known to its code.</summary>
[TestFixture]
internal sealed class DerivedDocumentTests
{
    private readonly OpenApiDocument _document = Describe(new GrpcJsonSettings { WriteInt64sAsStrings = true });

    [Test]
    public void Rules_AllBindings_AreOperations()
    {
        Assert.That(_document.Paths.Keys, Is.EquivalentTo((string[])
            ["/shops/{shop}/items", "/items", "/items:find", "/{item.name}", "/any/{segment1}"]));
        Assert.That(_document.Paths["/items:find"].Operations!.Keys, Is.EqualTo((HttpMethod[])[HttpMethod.Post]));
        Assert.That(_document.Paths["/{item.name}"].Operations!.Keys, Is.EqualTo((HttpMethod[])[HttpMethod.Patch]));
        Assert.That(_document.Paths["/any/{segment1}"].Operations, Has.Count.EqualTo(5));
    }

    [Test]
    public void Operations_OfOneRpc_HaveIdsOfTheirOwn()
    {
        var ids = _document.Paths.Values.SelectMany(item => item.Operations!.Values).Select(operation => operation.OperationId);

        Assert.That(ids, Is.Unique);
        Assert.That(_document.Paths["/items"].Operations![HttpMethod.Get].OperationId, Is.EqualTo("ShopService_FindItems_2"));
    }

    [Test]
    public void PathVariable_OfOneSegment_IsRequiredAndNotInTheQuery()
    {
        var parameters = _document.Paths["/shops/{shop}/items"].Operations![HttpMethod.Get].Parameters!;
        var shop = parameters.Single(parameter => parameter.Name == "shop");

        Assert.That((shop.In, shop.Required), Is.EqualTo((ParameterLocation.Path, true)));
        Assert.That(shop.Schema!.Type, Is.EqualTo(JsonSchemaType.String));
    }

    [Test]
    public void PathVariable_OfSeveralSegments_SaysItsForm()
    {
        var parameters = _document.Paths["/{item.name}"].Operations![HttpMethod.Patch].Parameters!;

        Assert.That(parameters.Select(parameter => parameter.Name), Is.EqualTo((string[])["item.name", "force"]));
        Assert.That(parameters[0].Description, Does.Contain("`shops/*/items/*`"));
    }

    [Test]
    public void Query_OfNestedMessages_IsReachedByDots()
    {
        var parameters = _document.Paths["/items"].Operations![HttpMethod.Get].Parameters!;

        // Neither maps, lists of messages and Any, which have no form as text, nor messages in themselves without end.
        Assert.That(parameters.Select(parameter => parameter.Name), Is.EqualTo((string[])
            ["shop", "price.from", "price.to", "sizes", "stock", "fields", "token", "after", "oldName"]));
        Assert.That(parameters.Single(parameter => parameter.Name == "oldName").Deprecated, Is.True);
    }

    [Test]
    public void Scalars_InJson_HaveTheTypesOfTheMapping()
    {
        var schema = _document.Components!.Schemas!["shop.FindItemsRequest"].Properties!;

        Assert.That((schema["after"].Type, schema["after"].Format), Is.EqualTo((JsonSchemaType.String, "uint64")));
        Assert.That((schema["token"].Type, schema["token"].Format), Is.EqualTo((JsonSchemaType.String, "byte")));
        Assert.That(schema["stock"].Type, Is.EqualTo(JsonSchemaType.String | JsonSchemaType.Null));
        Assert.That(
            schema["sizes"].Items!.Enum!.Select(name => name.GetValue<string>()),
            Is.EqualTo((string[])["SIZE_UNSPECIFIED", "SIZE_SMALL"]));
        Assert.That(schema["labels"].AdditionalProperties!.Type, Is.EqualTo(JsonSchemaType.String));
    }

    [Test]
    public void Settings_OfTranscoding_AreFollowed()
    {
        var numbers = Describe(new GrpcJsonSettings { WriteEnumsAsIntegers = true }).Components!.Schemas!;

        Assert.That(numbers["shop.FindItemsRequest"].Properties!["after"].Type, Is.EqualTo(JsonSchemaType.Integer));
        Assert.That(numbers["shop.Size"].Enum!.Select(number => number.GetValue<int>()), Is.EqualTo((int[])[0, 1]));
    }

    [Test]
    public void Messages_InJson_HaveTheFormsOfTheMapping()
    {
        var item = _document.Components!.Schemas!["shop.Item"].Properties!;

        Assert.That(item["sold_at"].Format, Is.EqualTo("date-time"));
        Assert.That(item["note"].Type, Is.EqualTo(JsonSchemaType.String | JsonSchemaType.Null));
        Assert.That(item["anything"].Type, Is.EqualTo(JsonSchemaType.Object));
        Assert.That(item["value"].Type, Is.Null);
        Assert.That(item["list"].Type, Is.EqualTo(JsonSchemaType.Array));
        Assert.That(item["extra"].Properties, Does.ContainKey("@type"));
        Assert.That(((OpenApiSchemaReference)item["part"]).Reference.Id, Is.EqualTo("shop.Item"));
        Assert.That(((OpenApiSchemaReference)item["ranges"].AdditionalProperties!).Reference.Id, Is.EqualTo("shop.Range"));
    }

    [Test]
    public void Body_AsTheWholeMessage_LeavesNoParameters()
    {
        var operation = _document.Paths["/items:find"].Operations![HttpMethod.Post];

        Assert.That(operation.Parameters ?? [], Is.Empty);
        Assert.That(operation.RequestBody!.Required, Is.True);
        Assert.That(
            ((OpenApiSchemaReference)operation.RequestBody.Content!["application/json"].Schema!).Reference.Id,
            Is.EqualTo("shop.FindItemsRequest"));
    }

    [Test]
    public void Body_AsOneField_IsThatFieldInRequestAndResponse()
    {
        var operation = _document.Paths["/{item.name}"].Operations![HttpMethod.Patch];
        var bodies = new[] { operation.RequestBody!.Content!, operation.Responses!["200"].Content! }
            .Select(content => ((OpenApiSchemaReference)content["application/json"].Schema!).Reference.Id);

        Assert.That(bodies, Is.EqualTo((string[])["shop.Item", "shop.Item"]));
    }

    [Test]
    public void Document_OfAnyRules_IsValid()
    {
        using var text = new StringWriter();
        _document.SerializeAsV31(new OpenApiJsonWriter(text));
        var diagnostic = OpenApiDocument.Parse(text.ToString(), "json").Diagnostic!;

        Assert.That(diagnostic.Errors, Is.Empty);
    }

    private static OpenApiDocument Describe(GrpcJsonSettings json)
    {
        var operations =
            from rpc in ShopReflection.Descriptor.Services[0].Methods
            let main = rpc.GetOptions()?.GetExtension(AnnotationsExtensions.Http)
            where main is not null
            from rule in main.AdditionalBindings.Prepend(main)
            select new RestOperation(rpc, rule);
        return new DocumentBuilder(new ContractComments(new FileDescriptorSet()), new Dictionary<string, FieldFacts>(), json)
            .Build(new OpenApiInfo { Title = "Shop", Version = "1" }, operations);
    }
}
